/** Reading a request's body: small, not compressed, strictly UTF-8. */
import { isUtf8 } from "node:buffer";
import { json, type Request, type RequestHandler, raw } from "express";

/** The largest body, in bytes. */
export const MAX_BODY_BYTES = 16 * 1024;
/** The media type of the OAuth endpoints' requests (RFC 6749 appendix B). */
export const FORM_TYPE = "application/x-www-form-urlencoded";

/** The body is not in UTF-8. */
class NotUtf8 extends Error {
  readonly type = "charset.unsupported";
}

const limits = { limit: MAX_BODY_BYTES, inflate: false };
const parseBytes = raw({ ...limits, type: FORM_TYPE });
const parseJson = json({
  ...limits,
  // Replacing bytes that are not UTF-8 would make different passwords equal.
  verify(_req, _res, body, encoding) {
    if (encoding !== "utf-8" || !isUtf8(body)) throw new NotUtf8();
  },
});

/** Reads a JSON body. @returns undefined if the request has none. @throws what {@link bodyFault} describes */
export async function readJson(req: Request): Promise<unknown> {
  await parse(parseJson, req);
  return req.body;
}

/** Reads the body of a form as bytes. @returns no bytes for another media type. @throws what {@link bodyFault} describes */
export async function readBytes(req: Request): Promise<Buffer> {
  await parse(parseBytes, req);
  return req.body instanceof Buffer ? req.body : Buffer.alloc(0);
}

const parse = (parser: RequestHandler, req: Request) =>
  new Promise<void>((resolve, reject) => {
    if (!req.res) throw new Error("a request without a response");
    void parser(req, req.res, (error: unknown) => (error ? reject(error) : resolve()));
  });

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
