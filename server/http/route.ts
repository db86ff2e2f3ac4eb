/** The one way to serve an endpoint: its path, its methods and its errors. */
import type { Express, NextFunction, Request, RequestHandler, Response } from "express";
import { isUnavailable } from "../../db/unavailable.ts";
import type { Log } from "../log.ts";
import { bodyFault } from "./edge/body.ts";
import type { Received } from "./edge/received.ts";
import { senderOf } from "./edge/request-log.ts";
import { sendFile, type WebFile } from "./edge/web.ts";
import { OUTAGE_SECONDS, type Reason } from "./refusal.ts";

/** A response before it is written. */
export type Reply =
  | { status?: number; headers?: Record<string, string> | undefined; body: unknown }
  /** The name of a built file, or a file that was made from one. */
  | { status?: number; headers?: Record<string, string>; file: string | WebFile }
  /** Another URL, for this time. */
  | { redirect: string; headers?: Record<string, string> };

/** Decides on a response, but does not write it. */
export type Handler = (req: Request) => Promise<Reply> | Reply;

/** A handler that needs nothing of Express. */
export type PlainHandler = (req: Received) => Promise<Reply> | Reply;

/** The handlers of an endpoint. `GET` also answers `HEAD`. */
export type Handlers = Partial<Record<"GET" | "POST" | "PUT" | "DELETE", Handler>>;

/** Why a request could not be answered as usual. */
export interface Fault {
  status: number;
  headers?: Record<string, string>;
  /** For people; only if the status is not clear enough. */
  detail?: string;
  /** For programs; only where it is not about a procedure. */
  reason?: Reason;
}

/** While the database is not available. */
export const OUTAGE: Fault = {
  status: 503,
  headers: { "Retry-After": String(OUTAGE_SECONDS) },
  reason: "unavailable",
};

/** How the endpoints of one kind write their responses. */
export interface Format {
  /** @param reply with the headers of the format unless it sets them itself */
  send(
    res: Response,
    reply: { status: number; headers: Record<string, string>; body: unknown },
  ): void;
  /** Makes the response to a fault. */
  refuse(fault: Fault): Reply;
}

/** Serves an endpoint. Paths are strict and case-sensitive: the application is set to that. */
export type Route = (path: string | string[], handlers: Handlers, format: Format) => void;

/** The ways to add to an application. */
export interface Routes {
  route: Route;
  /** Serves everything under a path by other means, with the same rule for methods. */
  mount(path: string, methods: readonly string[], serve: RequestHandler, format: Format): void;
  /** Responds to requests that no endpoint has handled. */
  end(format: Format): void;
}

/** @returns the ways to add endpoints to an application */
export function routes(app: Express, log: Log): Routes {
  const notAllowed = (methods: Iterable<string>): Fault => ({
    status: 405,
    headers: { Allow: [...methods].join(", ") },
  });

  return {
    route(path, handlers, format) {
      const byMethod = new Map(Object.entries(handlers));
      const refusal = format.refuse(notAllowed(byMethod.keys()));
      app.all(path, async function serve(req, res) {
        const handler = byMethod.get(req.method === "HEAD" ? "GET" : req.method);
        try {
          write(res, handler ? await handler(req) : refusal, format);
        } catch (error) {
          write(res, format.refuse(faultOf(error, req, log)), format);
        }
      });
    },

    mount(path, methods, serve, format) {
      const refusal = format.refuse(notAllowed(methods));
      app.use(path, (req, res, next) =>
        methods.includes(req.method) ? serve(req, res, next) : write(res, refusal, format),
      );
    },

    end(format) {
      app.use((_req, res) => write(res, format.refuse({ status: 404 }), format));
      app.use((error: unknown, req: Request, res: Response, next: NextFunction) => {
        const fault = faultOf(error, req, log);
        return res.headersSent ? next(error) : write(res, format.refuse(fault), format);
      });
    },
  };
}

function write(res: Response, reply: Reply, format: Format): void {
  if ("file" in reply) sendFile(res.status(reply.status ?? 200), reply.file, reply.headers);
  // Whatever the method was, the next one is GET (RFC 9700 section 4.12).
  else if ("redirect" in reply) res.set(reply.headers ?? {}).redirect(303, reply.redirect);
  else {
    const { status = 200, headers = {}, body } = reply;
    format.send(res, { status, headers, body });
  }
}

/**
 * Turns an error into a fault. A mistake in the request is described; any other error is logged, and its message is not
 * sent.
 */
export function faultOf(error: unknown, req: Received, log: Log): Fault {
  const fault = bodyFault(error);
  if (fault && fault.status < 500) return fault;
  // Express throws it for a path that cannot be decoded.
  if (error instanceof URIError) return { status: 400 };
  const { requestId, path } = senderOf(req);
  const request = { requestId, method: req.method, path };
  if (fault) {
    log.error(request, fault.detail);
    return fault;
  }
  log.error({ err: error, ...request }, "a request failed");
  return isUnavailable(error) ? OUTAGE : { status: 500 };
}
