/** Answers GET requests without Express: REST paths without parameters such as `:id`, and `/auth/verify`. */
import type { AnyTRPCRouter } from "@trpc/server";
import type { Tegata } from "../../tegata.ts";
import { encodeJson } from "../edge/compression.ts";
import type { Received } from "../edge/received.ts";
import { pathOf } from "../edge/url.ts";
import { fastapiRoutes } from "../fastapi/router.ts";
import { forwardAuthEndpoint } from "../forward-auth.ts";
import { problemFormat } from "../problem.ts";
import { restReads } from "../rest/router.ts";
import { faultOf, type Reply } from "../route.ts";
import { type Answer, HeaderList } from "./answer.ts";

/** Makes the function that answers these reads. */
export function fastReads(
  tegata: Tegata,
  router: AnyTRPCRouter,
): (req: Received) => Promise<Answer> | undefined {
  const reads = restReads(tegata, router).set("/auth/verify", forwardAuthEndpoint(tegata));
  // If both have the same path, the one of the FastAPI systems is used, and that is with Express.
  if (tegata.settings.fastapiPaths)
    fastapiRoutes(tegata, (paths) => {
      for (const path of [paths].flat()) reads.delete(path);
    });
  return (req) => {
    const read = reads.get(pathOf(req));
    if (!read) return undefined;
    const refuse = (error: unknown) => problemFormat.refuse(faultOf(error, req, tegata.log));
    return read(req)
      .catch(refuse)
      .then((reply) => encode(req, reply));
  };
}

/** Encodes a reply as {@link problemFormat} sends it. */
function encode(req: Received, reply: Reply): Answer {
  if (!("body" in reply)) throw new Error("a read is JSON");
  const { status = 200, headers = {}, body } = reply;
  if (body === undefined) return { status, headers: new HeaderList(headers), body };
  const text = JSON.stringify(body);
  const isProblem = status >= 400;
  const encoded = isProblem ? { headers: PROBLEM, body: text } : encodeJson(req, text);
  const all = new HeaderList({ ...headers, ...encoded.headers });
  return { status, headers: all, body: encoded.body };
}

const PROBLEM = { "Content-Type": "application/problem+json; charset=utf-8" };
