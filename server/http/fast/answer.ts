/** Responses that are written without Express. */
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Settings } from "../../settings.ts";
import { headers } from "../edge/headers.ts";

/** A response, whole. */
export interface Answer {
  status: number;
  /** `vary` replaces that for browsers. */
  headers: Readonly<Record<string, string>>;
  /** A name that is added to the Vary header. */
  varies?: string | undefined;
  /** Undefined if there is none. */
  body: string | Buffer | undefined;
}

/** Answers a request. The promise is not rejected. @returns undefined for a request that it leaves to Express */
export type Fast = (req: IncomingMessage) => Promise<Answer> | undefined;

/**
 * Makes the function that writes an answer with the headers for browsers. They depend on nothing but the origin: what
 * Express sends is taken once, for each origin that is allowed and for all others.
 */
export function answerWriter(settings: Settings) {
  const forOthers = sampleHeaders(settings, undefined);
  const byOrigin = new Map(settings.corsOrigins.map((it) => [it, sampleHeaders(settings, it)]));

  return function write(req: IncomingMessage, res: ServerResponse, answer: Answer): void {
    const browser = byOrigin.get(req.headers.origin ?? "") ?? forOthers;
    const { status, headers, body, varies } = answer;
    const all: Record<string, string | number> = { ...browser, ...headers };
    if (varies) all["vary"] = browser["vary"] ? `${browser["vary"]}, ${varies}` : varies;
    if (body !== undefined) all["content-length"] = Buffer.byteLength(body);
    // All at once: Node keeps copies of headers that are set one by one.
    res.writeHead(status, all).end(body);
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
