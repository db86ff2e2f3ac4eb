/** Why a procedure says no: a stable word that a caller can switch on, and a sentence for people. */
import { TRPCError } from "@trpc/server";
import { z } from "zod";

/** Every reason, with tRPC's code for it (and so the HTTP status) and the sentence where none is given. */
const REASONS = {
  invalid_input: ["BAD_REQUEST", "the input is not valid"],
  weak_password: ["BAD_REQUEST", "the password is not accepted"],
  email_taken: ["CONFLICT", "email: already used"],
  username_taken: ["CONFLICT", "username: already used"],
  not_logged_in: ["UNAUTHORIZED", "log in first"],
  invalid_token: ["UNAUTHORIZED", "the access token is not valid or not valid any more"],
  wrong_password: ["BAD_REQUEST", "the current password is another"],
  insufficient_scope: ["FORBIDDEN", "the access token has not the scope for this"],
  not_a_user: ["FORBIDDEN", "the access token is a client's own, not a user's"],
  inactive_user: ["FORBIDDEN", "the account is disabled"],
  busy: ["SERVICE_UNAVAILABLE", "too much to do at the moment; try again later"],
  no_such_procedure: ["NOT_FOUND", "there is no such procedure"],
  bad_request: ["BAD_REQUEST", "the request is not one of this service"],
  internal: ["INTERNAL_SERVER_ERROR", "unexpected error"],
} as const satisfies Record<string, readonly [TRPCError["code"], string]>;

/** Why a procedure said no; `data.reason` of its error. */
export type Reason = keyof typeof REASONS;

/** A refusal on its way out. */
export class Refusal extends Error {
  readonly reason: Reason;
  /** What is wrong with which field of the input. */
  readonly fields: Record<string, string> | undefined;
  readonly retryAfterSeconds: number | undefined;
  /** Which scope it would take (RFC 6750 section 3). */
  readonly scope: string | undefined;

  constructor(
    reason: Reason,
    message: string = REASONS[reason][1],
    more: { fields?: Record<string, string>; retryAfterSeconds?: number; scope?: string } = {},
  ) {
    super(message);
    this.reason = reason;
    this.fields = more.fields;
    this.retryAfterSeconds = more.retryAfterSeconds;
    this.scope = more.scope;
  }

  /** A refusal that names the fields, and says nothing of what they held. */
  static ofFields(reason: Reason, fields: Record<string, string>): Refusal {
    const message = Object.entries(fields).map(([field, problem]) => `${field}: ${problem}`);
    return new Refusal(reason, message.join("; "), { fields });
  }

  /** The refusal of an input that does not fit its schema. */
  static ofInput({ issues }: z.ZodError): Refusal {
    const fields = issues.flatMap((issue): [string, string][] =>
      issue.code === "unrecognized_keys"
        ? issue.keys.slice(0, 5).map((key) => [key.slice(0, 50), "there is no such field"])
        : [[issue.path.map(String).join(".") || "input", issue.message]],
    );
    return Refusal.ofFields("invalid_input", Object.fromEntries(fields));
  }

  /** What is said of an error: only texts of our own, for tRPC's and the parsers' may repeat the input. */
  static of({ cause, code }: TRPCError): Refusal {
    if (cause instanceof Refusal) return cause;
    if (cause instanceof z.ZodError) return Refusal.ofInput(cause);
    switch (code) {
      case "NOT_FOUND":
        return new Refusal("no_such_procedure");
      case "INTERNAL_SERVER_ERROR":
        return new Refusal("internal");
      default:
        return new Refusal("bad_request", `the request is not one of this service (${code})`);
    }
  }

  asTRPCError(): TRPCError {
    return new TRPCError({ code: REASONS[this.reason][0], message: this.message, cause: this });
  }
}
