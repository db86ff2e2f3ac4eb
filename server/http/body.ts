/** Reads JSON bodies: small, not compressed, strictly UTF-8. */
import { isUtf8 } from "node:buffer";
import { json, type RequestHandler } from "express";

/** A body that is not what it says it is. */
class NotUtf8 extends Error {
  readonly type = "charset.unsupported";
}

/** Takes the body of a request as JSON: at most 16 kB. Bytes that are no UTF-8 would let two passwords become one. */
export const jsonBody: RequestHandler = json({
  limit: "16kb",
  inflate: false,
  verify(_req, _res, body, encoding) {
    if (encoding !== "utf-8" || !isUtf8(body)) throw new NotUtf8();
  },
});

/** Why a body was refused, by the `type` of the error that was thrown; its message may repeat the body. */
export function bodyProblem(error: unknown): { status: number; problem: string } | undefined {
  switch (error instanceof Error && "type" in error ? error.type : undefined) {
    case "entity.parse.failed":
      return { status: 400, problem: "the body is not valid JSON" };
    case "charset.unsupported":
      return { status: 415, problem: "the body must be in UTF-8" };
    case "encoding.unsupported":
      return { status: 415, problem: "a compressed body is not accepted" };
    case "entity.too.large":
      return { status: 413, problem: "the body is larger than 16 kB" };
    case "request.aborted":
    case "request.size.invalid":
      return { status: 400, problem: "the body is shorter or longer than announced" };
    default:
      return undefined;
  }
}
