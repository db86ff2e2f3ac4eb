/** Responses that are written without Express. */
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Settings } from "../../settings.ts";
import { headers } from "../edge/headers.ts";
import { REQUEST_ID, senderOf } from "../edge/request-log.ts";

/** Names and values in turn. Node writes a list as it is; headers in an object or set one by one take twice as long. */
export type HeaderList = readonly string[];

/** A response, whole. */
export interface Answer {
  status: number;
  headers: HeaderList;
  /** Undefined if there is none. */
  body: string | Buffer | undefined;
}

/** Answers a request. @returns undefined for a request that it leaves to Express */
export type Fast = (req: IncomingMessage, res: ServerResponse) => Promise<Answer> | undefined;

/**
 * Makes the function that writes an answer with the headers for browsers. They depend on nothing but the origin: what
 * Express sends is taken once, for each origin that is allowed and for all others.
 * @param replaced the name of a header that the answer sets instead, in lower case
 */
export function answerWriter(settings: Settings, replaced?: string) {
  const sample = (origin: string | undefined) =>
    Object.entries(sampleHeaders(settings, origin))
      .filter(([name]) => name !== replaced)
      .flat();
  const forOthers = sample(undefined);
  const byOrigin = new Map(settings.corsOrigins.map((origin) => [origin, sample(origin)]));

  return function write(req: IncomingMessage, res: ServerResponse, answer: Answer): void {
    const { status, headers, body } = answer;
    const id = [REQUEST_ID, senderOf(req).requestId];
    const length = body === undefined ? [] : ["Content-Length", String(Buffer.byteLength(body))];
    const common = byOrigin.get(req.headers.origin ?? "") ?? forOthers;
    res.writeHead(status, common.concat(headers, length, id)).end(body);
  };
}

/** What the middleware for browsers sets on the response to a GET from an origin; the names are in lower case. */
function sampleHeaders(settings: Settings, origin: string | undefined): Record<string, string> {
  const req = new IncomingMessage(new Socket());
  req.method = "GET";
  if (origin !== undefined) req.headers.origin = origin;
  const res = new ServerResponse(req);
  for (const middleware of headers(settings)) middleware(req, res, () => undefined);
  const sent = Object.entries(res.getHeaders());
  return Object.fromEntries(sent.map(([name, value]) => [name, String(value)]));
}
