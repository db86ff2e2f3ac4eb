/**
 * Requests that no two readers of HTTP understand differently: a GET without a body, or a POST with a body of a declared
 * length; in one piece, and without anything else that concerns the connection. Node reads all others, and everything that
 * follows on their connection.
 */
import type { Socket } from "node:net";
import type { Received } from "./received.ts";

/** Longer requests are left to Node, which knows when they are too long. */
const MAX_BYTES = 8 * 1024;

const REQUEST_LINE = /(GET|POST) (\/[\x21-\x7e]*) HTTP\/1\.1\r\n/y;
/** Not all that RFC 9112 section 5 allows: no tabs, no bytes beyond ASCII, no continued lines, no blank before the colon. */
const FIELD_LINE = /([A-Za-z][\w-]*):([\x20-\x7e]*)\r\n/y;
/**
 * Nor all that section 6.2 of RFC 9112 allows: no zeros before the digits, and no more digits than {@link MAX_BYTES} has.
 */
const LENGTH = /^(?:0|[1-9]\d{0,3})$/;

/**
 * Headers that define the length of a request or the use of its connection in ways other than `Content-Length` and
 * `Connection`, and `Set-Cookie`, which Node returns as an array.
 */
const LEFT_TO_NODE: ReadonlySet<string> = new Set([
  "expect",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "set-cookie",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Reads what has arrived on a connection.
 * @returns undefined unless it is exactly one plain request; a header that was sent twice is not plain
 */
export function readPlain(chunk: Buffer, socket: Socket): Received | undefined {
  if (chunk.length > MAX_BYTES) return undefined;
  const text = chunk.toString("latin1");
  REQUEST_LINE.lastIndex = 0;
  const [, method, url] = REQUEST_LINE.exec(text) ?? [];
  if (method === undefined || url === undefined) return undefined;
  const headers: Record<string, string> = {};
  const rawHeaders: string[] = [];
  let end = REQUEST_LINE.lastIndex;
  for (;;) {
    FIELD_LINE.lastIndex = end;
    const [, name, spaced] = FIELD_LINE.exec(text) ?? [];
    if (name === undefined || spaced === undefined) break;
    end = FIELD_LINE.lastIndex;
    const key = name.toLowerCase();
    const value = spaced.trim();
    // Also what every object has, such as "constructor".
    if (key in headers || LEFT_TO_NODE.has(key)) return undefined;
    if (key === "connection" && !/^(keep-alive|close)$/i.test(value)) return undefined;
    headers[key] = value;
    rawHeaders.push(name, value);
  }
  if (!text.startsWith("\r\n", end)) return undefined;
  end += 2;
  const received: Received = { method, url, headers, rawHeaders, httpVersion: "1.1", socket };
  const length = headers["content-length"];
  const isPost = method === "POST" && length !== undefined && LENGTH.test(length);
  if (isPost) received.body = chunk.subarray(end);
  else if (method === "POST" || length !== undefined) return undefined;
  return chunk.length - end === Number(length ?? 0) ? received : undefined;
}
