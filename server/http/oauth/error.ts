/** The responses of the OAuth endpoints that take a form (RFC 6749 section 5). */
import type { Format } from "../route.ts";

/** RFC 6749 section 5.2, and two codes of section 4.1.2.1 for errors of the service itself. */
export type OAuthErrorCode =
  | "invalid_request"
  | "invalid_client"
  | "invalid_grant"
  | "unauthorized_client"
  | "unsupported_grant_type"
  | "invalid_scope"
  | "server_error"
  | "temporarily_unavailable";

/** An error response. */
export interface OAuthError {
  is: "error";
  status: number;
  headers?: Record<string, string> | undefined;
  body: {
    error: OAuthErrorCode;
    /** For developers; ASCII without quotes and backslashes, and never what the caller sent. */
    error_description: string;
    /** More than the error says, for programs (RFC 6749 section 8.2 lets clients ignore it). */
    reason?: "email_unverified";
  };
}

/** An error. Most have status 400. */
export function oauthError(
  error: OAuthErrorCode,
  description: string,
  { status = 400, headers }: { status?: number; headers?: Record<string, string> } = {},
): OAuthError {
  return { is: "error", status, headers, body: { error, error_description: description } };
}

/** The error of an account whose address must be proved before it can log in. Sent only to a caller with the right password. */
export const EMAIL_UNVERIFIED: OAuthError = {
  is: "error",
  status: 400,
  body: {
    error: "invalid_grant",
    error_description:
      "the email address is not confirmed: follow the link in the mail that was sent to it",
    reason: "email_unverified",
  },
};

/** The error of a service that is too busy to check a password. */
export const temporarilyUnavailable = (retryAfterSeconds: number): OAuthError =>
  oauthError("temporarily_unavailable", "too many logins at once", {
    status: 503,
    headers: { "Retry-After": String(retryAfterSeconds) },
  });

/** The error after too many failures. No standard has a code for it: this one says that the same request may succeed later. */
export const tooManyAttempts = (retryAfterSeconds: number): OAuthError =>
  oauthError("temporarily_unavailable", "too many attempts", {
    status: 429,
    headers: { "Retry-After": String(retryAfterSeconds) },
  });

/** The headers of every response. No cache may keep it (RFC 6749 section 5.1). */
export const OAUTH_HEADERS = {
  "Cache-Control": "no-store",
  Pragma: "no-cache",
  "Content-Type": "application/json; charset=utf-8",
};

/** JSON for successful responses and for errors. */
export const oauthFormat: Format = {
  send(res, { status, headers, body }) {
    res
      .status(status)
      .set({ ...OAUTH_HEADERS, ...headers })
      .json(body);
  },
  refuse({ status, headers, detail }) {
    if (status === 503)
      return oauthError("temporarily_unavailable", "the database is not available", {
        status,
        ...(headers && { headers }),
      });
    if (status >= 500) return oauthError("server_error", "unexpected error", { status });
    const description = detail ?? `the method must be ${headers?.["Allow"]}`;
    return oauthError("invalid_request", description, { status, ...(headers && { headers }) });
  },
};
