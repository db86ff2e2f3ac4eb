/** Receiving a request's body: small, not compressed, strictly UTF-8. */
import { isUtf8 } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import { context } from "@opentelemetry/api";
import { type Request, request } from "express";
import type { Received } from "./received.ts";

/** The largest body, in bytes. */
export const MAX_BODY_BYTES = 16 * 1024;
/** The media type of the OAuth endpoints' requests (RFC 6749 appendix B). */
export const FORM_TYPE = "application/x-www-form-urlencoded";

/** The media type of the procedures' requests (RFC 8259). */
export const JSON_TYPE = "application/json";
/** The other media type of forms (RFC 7578). */
export const MULTIPART_TYPE = "multipart/form-data";

/** What can be wrong with a body. */
const FAULTS = {
  not_json: { status: 400, detail: "the body is not valid JSON" },
  not_utf8: { status: 415, detail: "the body must be in UTF-8" },
  compressed: { status: 415, detail: "the body must not be compressed" },
  too_large: { status: 413, detail: "the body must be at most 16 kB" },
  taken: {
    status: 500,
    detail: "another middleware has read the body: mount the handler of Tegata before it",
  },
} as const;

/** A body that cannot be read. */
class Unreadable extends Error {
  readonly fault: (typeof FAULTS)[keyof typeof FAULTS];
  constructor(name: keyof typeof FAULTS) {
    super(name);
    this.fault = FAULTS[name];
  }
}

const TOO_LARGE = new Unreadable("too_large");

/**
 * Receives the body of every request before anything responds, even where none is expected: Node would otherwise read the
 * rest of an unread body, however large. Does nothing if the body has already been received. Reading stops at the size
 * limit: the response then closes the connection, and reading the body throws what {@link bodyFault} describes. A body that
 * other middleware has parsed is an error, because repeated fields and invalid UTF-8 are no longer visible.
 */
export function receiveBody(
  req: IncomingMessage & Pick<Received, "body">,
  res: ServerResponse,
  next: (error?: unknown) => void,
): void {
  const { "content-length": length, "transfer-encoding": coding } = req.headers;
  if (Buffer.isBuffer(req.body) || (length === undefined && coding === undefined)) {
    next();
    return;
  }
  if (req.readableDidRead) {
    next(new Unreadable("taken"));
    return;
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  // The events of a stream belong to no request: without this, what follows would not be a part of its span.
  const proceed = context.bind(context.active(), next);

  const cut = () => {
    req.off("data", take).off("end", finish).pause();
    req.body = TOO_LARGE;
    // After the response, what still arrives is dropped until the connection is closed.
    res.setHeader("Connection", "close").once("finish", () => req.resume());
    proceed();
  };
  const take = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) cut();
    else chunks.push(chunk);
  };
  const finish = () => {
    req.body = Buffer.concat(chunks);
    proceed();
  };
  if (Number(length) > MAX_BODY_BYTES) cut();
  else req.on("data", take).once("end", finish);
}

/** The body that {@link receiveBody} has received; undefined if there is none, or if it was too large. */
export const receivedBody = ({ body }: Received): Buffer | undefined =>
  body instanceof Buffer ? body : undefined;

/** Whether a body was too large. */
export const isTooLarge = ({ body }: Received): boolean => body === TOO_LARGE;

/** Whether a request has a body of one of these media types. It decides as Express does, without Express. */
export const isOfType = (req: Received, ...types: string[]): boolean =>
  typeof request.is.call(req, types) === "string";

/**
 * Makes a function that returns a body as bytes. The function returns undefined if the request has no body of these
 * media types, and throws what {@link bodyFault} describes.
 */
export function bytesReader(...types: string[]): (req: Received) => Buffer | undefined {
  return function readBytes(req) {
    if (isTooLarge(req)) throw TOO_LARGE;
    if (!isOfType(req, ...types)) return undefined;
    requireUncompressed(req);
    return receivedBody(req);
  };
}

const readJsonBytes = bytesReader(JSON_TYPE);

/**
 * Reads a JSON body: an object or an array, and an empty object if the body is empty.
 * @returns undefined if the request has none
 * @throws what {@link bodyFault} describes
 */
export function readJson(req: Request): object | undefined {
  const body = readJsonBytes(req);
  if (!body) return undefined;
  requireUtf8(req);
  const value: unknown = body.length === 0 ? {} : parseJson(textOf(body));
  if (typeof value !== "object" || value === null) throw new Unreadable("not_json");
  return value;
}

/** Decodes a body. @throws what {@link bodyFault} describes, if it is not UTF-8 */
export function textOf(body: Buffer): string {
  // Replacing bytes that are not UTF-8 would make different passwords equal.
  if (!isUtf8(body)) throw new Unreadable("not_utf8");
  return new TextDecoder().decode(body);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The error's own message repeats the body.
    throw new Unreadable("not_json");
  }
}

/** @throws what {@link bodyFault} describes, if a request declares a charset other than UTF-8 */
export function requireUtf8(req: Pick<Received, "headers">): void {
  if (!isDeclaredUtf8(req)) throw new Unreadable("not_utf8");
}

/** @throws what {@link bodyFault} describes, if a request declares a compressed body */
export function requireUncompressed({ headers }: Pick<Received, "headers">): void {
  const { "content-encoding": coding = "identity" } = headers;
  if (coding.toLowerCase() !== "identity") throw new Unreadable("compressed");
}

/** Whether a request declares UTF-8, by any of its names in the WHATWG Encoding Standard (`utf8`), or no charset. */
export function isDeclaredUtf8({ headers }: Pick<Received, "headers">): boolean {
  const [, charset = "utf-8"] = headers["content-type"]?.match(/;\s*charset="?([^";\s]*)/i) ?? [];
  try {
    return new TextDecoder(charset).encoding === "utf-8";
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Why a body was rejected. @returns undefined for an error of another kind */
export const bodyFault = (error: unknown): { status: number; detail: string } | undefined =>
  error instanceof Unreadable ? error.fault : undefined;
