/** The errors of the OAuth endpoints (RFC 6749 section 5.2): values, written in one place. */
import type { NextFunction, Request, Response } from "express";
import type { Log } from "../../log.ts";
import { bodyProblem } from "../body.ts";

/** Which error, and in how many words. */
export interface OAuthError {
  is: "error";
  error: OAuthErrorCode;
  /** For developers; ASCII without quotes and backslashes, and never what the caller sent. */
  description: string;
  status: number;
  headers?: Record<string, string>;
}

/** RFC 6749 section 5.2, and two of section 4.1.2.1 for when it is our fault. */
export type OAuthErrorCode =
  | "invalid_request"
  | "invalid_client"
  | "invalid_grant"
  | "unauthorized_client"
  | "unsupported_grant_type"
  | "invalid_scope"
  | "server_error"
  | "temporarily_unavailable";

/** An error of status 400, as most are. */
export function oauthError(error: OAuthErrorCode, description: string): OAuthError {
  return { is: "error", error, description, status: 400 };
}

/** The refusal of a service that has too much to do. */
export function temporarilyUnavailable(retryAfterSeconds: number): OAuthError {
  return {
    is: "error",
    error: "temporarily_unavailable",
    description: "too many log-ins at once",
    status: 503,
    headers: { "Retry-After": String(retryAfterSeconds) },
  };
}

/** Writes an error. No answer of an OAuth endpoint may be cached (RFC 6749 section 5.1). */
export function sendOAuthError(
  res: Response,
  { status, headers, error, description }: OAuthError,
): void {
  res
    .status(status)
    .set({ ...NO_STORE, ...headers })
    .json({ error, error_description: description });
}

/** What keeps an answer out of every cache (RFC 6749 section 5.1). */
export const NO_STORE = { "Cache-Control": "no-store", Pragma: "no-cache" };

/**
 * The last handler of an OAuth endpoint: turns what body parsing threw into an error of the endpoint, and anything
 * unexpected into `server_error`.
 */
export function oauthErrorHandler(log: Log) {
  return (error: unknown, _req: Request, res: Response, next: NextFunction): void => {
    const refused = bodyProblem(error);
    if (!refused) log.error({ err: error }, "an OAuth endpoint failed");
    if (res.headersSent) next(error);
    else if (refused)
      sendOAuthError(res, {
        ...oauthError("invalid_request", refused.problem),
        status: refused.status,
      });
    else sendOAuthError(res, { ...oauthError("server_error", "unexpected error"), status: 500 });
  };
}
