/** Responses that are written without Express. */
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Tegata } from "../../tegata.ts";
import { allowOrigin, commonHeaders, type Middleware } from "../edge/headers.ts";
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
 * Makes the function that writes an answer with the headers for browsers, which are taken once from what Express uses.
 * @param replaced the name of a header that the answer sets instead, in lower case
 */
export function answerWriter(
  { settings, webOrigins, log }: Pick<Tegata, "settings" | "webOrigins" | "log">,
  replaced?: string,
) {
  const sample = (...middleware: Middleware[]) =>
    Object.entries(sampleHeaders(middleware))
      .filter(([name]) => name !== replaced && name !== ALLOWED)
      .flat();
  const common = commonHeaders(settings);
  const [forAll, forAllowed] = [sample(common), sample(common, allowOrigin)];
  const headersFor = async (origin: string): Promise<HeaderList> =>
    (await webOrigins.allows(origin)) ? forAllowed.concat(ALLOWED, origin) : forAll;

  return async function write(
    req: IncomingMessage,
    res: ServerResponse,
    { status, headers, body }: Answer,
  ): Promise<void> {
    try {
      const { origin } = req.headers;
      const id = [REQUEST_ID, senderOf(req).requestId];
      const length = body === undefined ? [] : ["Content-Length", String(Buffer.byteLength(body))];
      const first = origin === undefined ? forAll : await headersFor(origin);
      res.writeHead(status, first.concat(headers, length, id)).end(body);
    } catch (err) {
      log.error({ err }, "a response could not be written");
      res.destroy();
    }
  };
}

const ALLOWED = "access-control-allow-origin";

/** What middleware sets on the response to a GET from some origin; the names are in lower case. */
function sampleHeaders(all: readonly Middleware[]): Record<string, string> {
  const req = new IncomingMessage(new Socket());
  req.method = "GET";
  req.headers.origin = "https://origin.invalid";
  const res = new ServerResponse(req);
  for (const middleware of all) middleware(req, res, () => undefined);
  const sent = Object.entries(res.getHeaders());
  return Object.fromEntries(sent.map(([name, value]) => [name, String(value)]));
}
