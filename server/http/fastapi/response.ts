/** Responses in FastAPI's format: JSON, with `detail` in errors. */
import { STATUS_CODES } from "node:http";
import type { FieldErrors } from "../../accounts/field-errors.ts";
import type { Format, Reply } from "../route.ts";

/** The challenge of both systems. */
export const BEARER = { "WWW-Authenticate": "Bearer" };

/** A refusal before it is written. */
interface Refused {
  status: number;
  headers: Record<string, string> | undefined;
  body: { detail: unknown };
}

/** A refusal. */
export const refuse = (
  status: number,
  detail: unknown,
  headers?: Record<string, string>,
): Refused => ({ status, headers, body: { detail } });

/** 422 with the errors by field, as pydantic reports them: `input` is the whole body. Their `type` contains the code. */
export function invalid(fields: FieldErrors): Reply {
  const detail = Object.entries(fields).map(([field, { code, message }]) => ({
    loc: field === "input" ? ["body"] : ["body", field],
    msg: code === "required" ? "field required" : message,
    type: `value_error.${code === "required" ? "missing" : code}`,
  }));
  return refuse(422, detail);
}

/** 503, when the service is too busy to check a password. */
export const busy = (retryAfterSeconds: number): Refused =>
  refuse(503, "too many logins at once", { "Retry-After": String(retryAfterSeconds) });

/** 429, after too many attempts. */
export const tooManyAttempts = (retryAfterSeconds: number): Reply =>
  refuse(429, "too many attempts", { "Retry-After": String(retryAfterSeconds) });

/** The headers of every response: JSON without a charset in its media type, as FastAPI sends it. */
export const FASTAPI_HEADERS = {
  "Content-Type": "application/json",
  "Cache-Control": "no-store",
};

/** JSON as FastAPI sends it. */
export const fastapiFormat: Format = {
  send(res, { status, headers, body }) {
    res.writeHead(status, { ...FASTAPI_HEADERS, ...headers });
    res.end(JSON.stringify(body));
  },
  refuse: ({ status, headers, detail }) => refuse(status, detail ?? STATUS_CODES[status], headers),
};
