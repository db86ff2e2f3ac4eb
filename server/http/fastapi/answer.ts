/** How FastAPI answers: JSON with `detail` for what it refuses. */
import type { ErrorRequestHandler, Request, RequestHandler, Response, Router } from "express";
import type { Log } from "../../log.ts";
import { bodyProblem } from "../body.ts";

/** An answer before it is written. */
export interface Answer {
  status: number;
  body: unknown;
  headers?: Record<string, string> | undefined;
}

/** The challenge of both systems. */
export const BEARER = { "WWW-Authenticate": "Bearer" };

/** 422, as pydantic words what is wrong with which field. */
export function invalid(where: string, fields: Record<string, string>): Answer {
  const detail = Object.entries(fields).map(([field, msg]) => ({
    loc: [where, field],
    msg,
    type: "value_error",
  }));
  return { status: 422, body: { detail } };
}

type Handle = (req: Request) => Promise<Answer>;

/** Ways to mount a handler that returns its answer, and the handler of what they throw. */
export function answers(router: Router, log: Log) {
  const write = (handle: Handle) => async (req: Request, res: Response) =>
    send(res, await handle(req));
  const refuseOthers = (path: string | string[], allow: string) =>
    router.all(path, (_req, res) =>
      send(res, { status: 405, body: { detail: "Method Not Allowed" }, headers: { Allow: allow } }),
    );
  const handler: ErrorRequestHandler = (error: unknown, _req, res, next) => {
    const refused = bodyProblem(error);
    if (!refused) log.error({ err: error }, "a path of the FastAPI systems failed");
    if (res.headersSent) next(error);
    else if (refused) send(res, { status: refused.status, body: { detail: refused.problem } });
    else send(res, { status: 500, body: { detail: "Internal Server Error" } });
  };
  return {
    get(path: string | string[], handle: Handle) {
      router.get(path, write(handle));
      refuseOthers(path, "GET");
    },
    post(path: string, body: RequestHandler, handle: Handle) {
      router.post(path, body, write(handle));
      refuseOthers(path, "POST");
    },
    handler,
  };
}

/** The media type is as FastAPI writes it, without a charset. */
function send(res: Response, { status, body, headers }: Answer): void {
  res.writeHead(status, {
    "Content-Type": "application/json",
    "Cache-Control": "no-store",
    ...headers,
  });
  res.end(JSON.stringify(body));
}
