/** Reading a request's body: small, not compressed, strictly UTF-8. */
import { isUtf8 } from "node:buffer";
import { type Request, raw } from "express";

/** The largest body, in bytes. */
export const MAX_BODY_BYTES = 16 * 1024;
/** The media type of the OAuth endpoints' requests (RFC 6749 appendix B). */
export const FORM_TYPE = "application/x-www-form-urlencoded";

/** The other media type of forms (RFC 7578). */
export const MULTIPART_TYPE = "multipart/form-data";

/** A body that cannot be read; `type` is what body-parser calls the same fault. */
class Unreadable extends Error {
  readonly type: "charset.unsupported" | "encoding.unsupported" | "entity.parse.failed";
  constructor(type: Unreadable["type"]) {
    super(type);
    this.type = type;
  }
}

/**
 * Makes a function that reads a body as bytes. The function returns undefined if the request has no body of these media
 * types, and throws what {@link bodyFault} describes.
 */
export function bytesReader(...types: string[]): (req: Request) => Promise<Buffer | undefined> {
  const parse = raw({ limit: MAX_BODY_BYTES, inflate: false, type: types });
  return async function readBytes(req) {
    await new Promise<void>((resolve, reject) => {
      if (!req.res) throw new Error("a request without a response");
      void parse(req, req.res, (error: unknown) => (error ? reject(error) : resolve()));
    });
    return req.body instanceof Buffer ? req.body : undefined;
  };
}

const readJsonBytes = bytesReader("application/json");

/**
 * Reads a JSON body: an object or an array, and an empty object if the body is empty.
 * @returns undefined if the request has none
 * @throws what {@link bodyFault} describes
 */
export async function readJson(req: Request): Promise<unknown> {
  const body = await readJsonBytes(req);
  if (!body) return undefined;
  // Replacing bytes that are not UTF-8 would make different passwords equal.
  if (!isUtf8(body)) throw new Unreadable("charset.unsupported");
  requireUtf8(req);
  const value = body.length === 0 ? {} : parseJson(new TextDecoder().decode(body));
  if (typeof value !== "object" || value === null) throw new Unreadable("entity.parse.failed");
  return value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The error's own message repeats the body.
    throw new Unreadable("entity.parse.failed");
  }
}

/** @throws what {@link bodyFault} describes, if a request declares a charset other than UTF-8 */
export function requireUtf8(req: Pick<Request, "headers">): void {
  if (!isDeclaredUtf8(req)) throw new Unreadable("charset.unsupported");
}

/** @throws what {@link bodyFault} describes, if a request declares a compressed body */
export function requireUncompressed({ headers }: Pick<Request, "headers">): void {
  const { "content-encoding": coding = "identity" } = headers;
  if (coding.toLowerCase() !== "identity") throw new Unreadable("encoding.unsupported");
}

/** Whether a request declares UTF-8, by any of its names in the WHATWG Encoding Standard (`utf8`), or no charset. */
export function isDeclaredUtf8({ headers }: Pick<Request, "headers">): boolean {
  const [, charset = "utf-8"] = headers["content-type"]?.match(/;\s*charset="?([^";\s]*)/i) ?? [];
  try {
    return new TextDecoder(charset).encoding === "utf-8";
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/**
 * Why a body was rejected.
 * @returns undefined for an error of another kind. The error's own message may repeat the body.
 */
export function bodyFault(error: unknown): { status: number; detail: string } | undefined {
  switch (error instanceof Error && "type" in error ? error.type : undefined) {
    case "entity.parse.failed":
      return { status: 400, detail: "the body is not valid JSON" };
    case "charset.unsupported":
      return { status: 415, detail: "the body must be in UTF-8" };
    case "encoding.unsupported":
      return { status: 415, detail: "the body must not be compressed" };
    case "entity.too.large":
      return { status: 413, detail: "the body must be at most 16 kB" };
    case "request.aborted":
    case "request.size.invalid":
      return { status: 400, detail: "the body does not match its Content-Length" };
    default:
      return undefined;
  }
}
