/** The errors that the client throws, and how to read them. */
import { TRPCClientError } from "@trpc/client";
import type {
  AppRouter,
  FieldErrors,
  OAuthErrorCode,
  Reason as ProcedureReason,
} from "./protocol.ts";

/** Why a call or a login failed. Returned by {@link reasonOf}. */
export type Reason = ProcedureReason | AuthError["reason"];

/**
 * A login, refresh or logout that failed. After an incorrect password, the reason is `invalid_grant`; after the right one
 * of an account that must confirm its address first, `email_unverified`. If the user or the server refuses a login by
 * redirects, it is `login_refused`.
 */
export class AuthError extends Error {
  override readonly name = "AuthError";
  readonly reason:
    | OAuthErrorCode
    | "email_unverified"
    | "too_many_attempts"
    | "login_refused"
    | "unreachable"
    | "unexpected_response";
  /** How long to wait before the next attempt, if the server sent `Retry-After`. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    reason: AuthError["reason"],
    message: string,
    more: { retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.reason = reason;
    this.retryAfterSeconds = more.retryAfterSeconds;
  }
}

/**
 * The reason for any error that the client throws, as a stable code to switch on.
 * @returns undefined if the client did not throw this error
 */
export function reasonOf(error: unknown): Reason | undefined {
  if (error instanceof AuthError) return error.reason;
  if (!isProcedureError(error)) return undefined;
  if (error.data) return error.data.reason;
  // A call that needed a refresh fails for the same reason as the refresh.
  if (error.cause instanceof AuthError) return error.cause.reason;
  // fetch throws a TypeError if there is no response. A response that cannot be parsed causes another error.
  return error.cause instanceof TypeError ? "unreachable" : "unexpected_response";
}

/**
 * The invalid fields of a call's input, by name.
 * @returns an empty object if the error is not about fields
 */
export function fieldErrorsOf(error: unknown): FieldErrors {
  return (isProcedureError(error) && error.data?.fields) || {};
}

/** Whether a procedure call failed. If the server responded, `data` contains the reason and the invalid fields. */
export function isProcedureError(error: unknown): error is TRPCClientError<AppRouter> {
  return error instanceof TRPCClientError;
}
