/**
 * Requests that no two readers of HTTP understand differently: a GET in one piece, without a body and without anything that
 * concerns the connection. Node reads all others, and everything that follows on their connection.
 */
import type { Socket } from "node:net";
import type { Received } from "./received.ts";

/** Longer requests are left to Node, which knows when they are too long. */
const MAX_BYTES = 8 * 1024;

const REQUEST_LINE = /GET (\/[\x21-\x7e]*) HTTP\/1\.1\r\n/y;
/** Not all that RFC 9112 section 5 allows: no tabs, no bytes beyond ASCII, no continued lines, no blank before the colon. */
const FIELD_LINE = /([A-Za-z][\w-]*):([\x20-\x7e]*)\r\n/y;

/** The fields that say where a request ends or what becomes of its connection. */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  "content-length",
  "expect",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
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
  const [, url] = REQUEST_LINE.exec(text) ?? [];
  if (url === undefined) return undefined;
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
    if (key in headers || OF_THE_CONNECTION.has(key)) return undefined;
    if (key === "connection" && !/^(keep-alive|close)$/i.test(value)) return undefined;
    headers[key] = value;
    rawHeaders.push(name, value);
  }
  // The empty line after the fields is all that is left.
  if (end !== text.length - 2 || !text.endsWith("\r\n")) return undefined;
  return { method: "GET", url, headers, rawHeaders, httpVersion: "1.1", socket };
}
