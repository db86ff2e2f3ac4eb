/** What the client throws, and one word for each of it. */
import { TRPCClientError } from "@trpc/client";
import type { OAuthErrorCode } from "../server/http/oauth/error.ts";
import type { Reason as ProcedureReason } from "../server/http/refusal.ts";
import type { AppRouter } from "../server/http/trpc/router.ts";

/** Why a call or a log-in failed: what {@link reasonOf} answers. */
export type Reason = ProcedureReason | OAuthErrorCode | "unreachable" | "unexpected_answer";

/** A log-in, a refresh or a log-out that failed. A wrong password is `invalid_grant`. */
export class LoginError extends Error {
  override readonly name = "LoginError";
  readonly reason: OAuthErrorCode | "unreachable" | "unexpected_answer";
  /** How long to wait before the next try, where the server said so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    reason: LoginError["reason"],
    message: string,
    more: { retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.reason = reason;
    this.retryAfterSeconds = more.retryAfterSeconds;
  }
}

/**
 * Why something failed, as one word to switch on, for everything that the client throws.
 * @returns undefined for an error that is none of ours
 */
export function reasonOf(error: unknown): Reason | undefined {
  if (error instanceof LoginError) return error.reason;
  if (!isProcedureError(error)) return undefined;
  if (error.data) return error.data.reason;
  // A call that needed a refresh fails as the refresh did.
  if (error.cause instanceof LoginError) return error.cause.reason;
  // What fetch throws when no answer comes; what cannot be read as an answer is thrown as something else.
  return error.cause instanceof TypeError ? "unreachable" : "unexpected_answer";
}

/** Whether an error is one of a procedure: `data` then holds the reason and the fields that were refused. */
export function isProcedureError(error: unknown): error is TRPCClientError<AppRouter> {
  return error instanceof TRPCClientError;
}
