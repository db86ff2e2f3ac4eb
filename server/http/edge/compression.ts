/**
 * Compressed responses. What contains a token is never compressed: the size of a response tells a listener about what
 * is in it, if other parts of it are the listener's choice (the BREACH attack). So this is only for responses to GET,
 * which have no tokens, and each endpoint that has some writes its response without it.
 */
import type { IncomingMessage } from "node:http";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { type Response, request } from "express";

/** How a response can be compressed, by the names of RFC 9110 section 8.4.1. */
export type Coding = "br" | "gzip";

/** Shorter texts are sent as they are, in bytes: they fit into one packet anyway. */
const WORTH_IT_BYTES = 1024;

const COMPRESS: Readonly<Record<Coding, (text: string) => Buffer>> = {
  // The default takes a hundred times as long, which only pays for what is compressed once.
  br: (text) => brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  gzip: (text) => gzipSync(text),
};

/** The smallest coding that a caller takes (RFC 9110 section 12.5.3); undefined when it takes none. */
export const codingFor = (req: IncomingMessage): Coding | undefined =>
  (["br", "gzip"] as const).find((coding) => request.acceptsEncodings.call(req, coding) === coding);

/** The body of a response with its headers. */
export interface Encoded {
  headers: Record<string, string>;
  body: string | Buffer;
}

/** Encodes the JSON of a response to GET: a long one is compressed if the caller accepts that. */
export function encodeJson(req: IncomingMessage, text: string): Encoded {
  const type = { "Content-Type": "application/json; charset=utf-8" };
  if (Buffer.byteLength(text) < WORTH_IT_BYTES) return { headers: type, body: text };
  const coding = codingFor(req);
  const headers = { ...type, Vary: "Accept-Encoding" };
  if (!coding) return { headers, body: text };
  return { headers: { ...headers, "Content-Encoding": coding }, body: COMPRESS[coding](text) };
}

/** Sends JSON. A long response to GET is compressed if the caller accepts that. */
export function sendJson(res: Response, body: unknown): void {
  const text = JSON.stringify(body);
  const isGet = res.req.method === "GET" || res.req.method === "HEAD";
  if (!isGet || text === undefined) return void res.json(body);
  const {
    headers: { Vary, ...headers },
    body: encoded,
  } = encodeJson(res.req, text);
  if (Vary) res.vary(Vary);
  res.set(headers).send(encoded);
}
