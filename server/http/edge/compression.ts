/**
 * Compresses responses. A response with a token is never compressed: if an attacker controls another part of it, its size
 * reveals the token (the BREACH attack). So only responses to GET are compressed. They contain no tokens, because endpoints
 * issue tokens only in response to POST.
 */
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { type Response, request } from "express";
import type { Received } from "./received.ts";

/** How a response can be compressed, by the names of RFC 9110 section 8.4.1. */
export type Coding = "br" | "gzip";

/** Texts with fewer bytes are not compressed: they fit into one packet anyway. */
const WORTH_IT_BYTES = 1024;

const COMPRESS: Readonly<Record<Coding, (text: string | Buffer) => Buffer>> = {
  // The default takes a hundred times as long, which only pays for what is compressed once.
  br: (text) => brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  gzip: (text) => gzipSync(text),
};

/** The smallest coding that a caller takes (RFC 9110 section 12.5.3); undefined when it takes none. */
export const codingFor = (req: Received): Coding | undefined =>
  (["br", "gzip"] as const).find((coding) => request.acceptsEncodings.call(req, coding) === coding);

/** A body that has been compressed, if that is worth it and the caller accepts it. */
interface Compressed {
  body: string | Buffer;
  coding: Coding | undefined;
  /** Whether the coding depends on the caller: then the response has `Vary: Accept-Encoding`. */
  isLong: boolean;
}

/** Compresses the body of a response to GET. */
export function compress(req: Received, text: string | Buffer): Compressed {
  // To count bytes takes time: most texts are too short to have that many.
  const isLong = text.length * 3 >= WORTH_IT_BYTES && Buffer.byteLength(text) >= WORTH_IT_BYTES;
  const coding = isLong ? codingFor(req) : undefined;
  return { body: coding ? COMPRESS[coding](text) : text, coding, isLong };
}

/** Encodes the JSON of a response to GET: a long one is compressed if the caller accepts that. */
export function encodeJson(
  req: Received,
  text: string,
): { headers: Record<string, string>; body: string | Buffer } {
  const { body, coding, isLong } = compress(req, text);
  const headers = {
    "Content-Type": "application/json; charset=utf-8",
    ...(isLong && { Vary: "Accept-Encoding" }),
    ...(coding && { "Content-Encoding": coding }),
  };
  return { headers, body };
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

/**
 * Makes a response to GET collect what is written to it and send it whole: compressed if it is long and
 * the caller accepts that. A stream is not touched: each of its parts must arrive when it is written.
 */
export function compressWhole(res: Response): Response {
  if (res.req.method !== "GET") return res;
  const { write, end } = res;
  const chunks: Buffer[] = [];
  const isWhole = () => !res.headersSent && res.get("Transfer-Encoding") === undefined;
  res.write = (chunk: string | Uint8Array) => {
    if (!isWhole()) return write.call(res, chunk, "utf8");
    chunks.push(Buffer.from(chunk));
    return true;
  };
  res.end = (chunk: unknown = "") => {
    if (!isWhole()) return end.call(res, chunk, "utf8");
    const whole = Buffer.concat([...chunks, Buffer.from(String(chunk))]);
    const { body, coding, isLong } = compress(res.req, whole);
    // Only now: tRPC replaces the Vary header.
    if (isLong) res.vary("Accept-Encoding");
    if (coding) res.set("Content-Encoding", coding);
    return end.call(res, body, "utf8");
  };
  return res;
}
