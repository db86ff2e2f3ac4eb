/** The bodies that the fast path takes: small, of one media type, in UTF-8, and not compressed. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { context } from "@opentelemetry/api";
import { FORM_TYPE, JSON_TYPE, MAX_BODY_BYTES } from "../edge/body.ts";
import type { Received } from "../edge/received.ts";

/** How browsers and programs declare a body in UTF-8. */
const declared = (type: string) => RegExp(`^${type}(; ?charset=utf-8)?$`, "i");
const FORM = declared(FORM_TYPE);
const JSON_TEXT = declared(JSON_TYPE);

/** Whether a request declares a plain form. */
export const isPlainForm = (req: Received): boolean => isPlain(req, FORM);
/** Whether a request declares plain JSON. */
export const isPlainJson = (req: Received): boolean => isPlain(req, JSON_TEXT);

const isPlain = ({ headers }: Received, type: RegExp): boolean =>
  type.test(headers["content-type"] ?? "") &&
  Number(headers["content-length"]) <= MAX_BODY_BYTES &&
  headers["content-encoding"] === undefined;

/** Receives the body of a request that Node has read, and goes on. @param res of the request */
export function receive(
  req: IncomingMessage & { body?: unknown; res?: ServerResponse },
  res: ServerResponse,
  proceed: () => void,
): void {
  // As Express does: it shows whether the caller has hung up.
  req.res = res;
  // Node reads no more than Content-Length says, which isPlain has limited.
  const chunks: Buffer[] = [];
  // The listeners of a request run outside its span.
  const finish = context.bind(context.active(), () => {
    req.body = Buffer.concat(chunks);
    proceed();
  });
  req.on("data", (chunk: Buffer) => chunks.push(chunk)).once("end", finish);
}
