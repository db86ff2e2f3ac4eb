/** Refusals: a stable reason for programs, a sentence for people, and the headers that belong to them. */
import { TRPCError } from "@trpc/server";
import { z } from "zod";
import { isUnavailable } from "../../db/unavailable.ts";
import { type FieldErrors, inputErrorsOf } from "../accounts/field-errors.ts";
import type { Caller } from "./bearer.ts";

/** Every reason, with tRPC's code (which decides the HTTP status) and its sentence. */
const REASONS = {
  invalid_input: ["BAD_REQUEST", "the input is invalid"],
  weak_password: ["BAD_REQUEST", "the password is not accepted"],
  email_taken: ["CONFLICT", "email is already in use"],
  username_taken: ["CONFLICT", "username is already in use"],
  registration_closed: ["FORBIDDEN", "registration is closed"],
  too_many_items: ["CONFLICT", "you have too many items: remove one before you add another"],
  not_logged_in: ["UNAUTHORIZED", "you are not logged in"],
  invalid_token: ["UNAUTHORIZED", "the access token is invalid, expired or revoked"],
  incorrect_login: ["BAD_REQUEST", "incorrect email, username or password, or a disabled account"],
  email_unverified: [
    "FORBIDDEN",
    "the email address must be confirmed first: a link was sent to it",
  ],
  stale_page: ["CONFLICT", "something has changed since the page was loaded: reload it"],
  wrong_origin: ["FORBIDDEN", "only the pages of this service, at its own origin, may do this"],
  wrong_password: ["BAD_REQUEST", "the current password is incorrect"],
  link_expired: ["BAD_REQUEST", "the link was used, has expired or is incomplete"],
  other_account: ["FORBIDDEN", "the link belongs to a different account"],
  no_mail: ["NOT_FOUND", "this service sends no mail"],
  insufficient_scope: ["FORBIDDEN", "the access token lacks the required scope"],
  not_a_user: ["FORBIDDEN", "the access token belongs to a client, not to a user"],
  inactive_user: ["FORBIDDEN", "the account is disabled"],
  foreign_app: ["FORBIDDEN", "the access token belongs to an application that may not do this"],
  too_many_attempts: ["TOO_MANY_REQUESTS", "too many attempts; try again later"],
  busy: ["SERVICE_UNAVAILABLE", "the service is busy; try again later"],
  unavailable: ["SERVICE_UNAVAILABLE", "the database is not available; try again later"],
  no_such_procedure: ["NOT_FOUND", "unknown procedure"],
  unsupported_link: [
    "BAD_REQUEST",
    "subscriptions are not supported: use httpLink, httpBatchLink or httpBatchStreamLink",
  ],
  batch_too_large: ["BAD_REQUEST", "the batch has too many calls"],
  body_too_large: ["PAYLOAD_TOO_LARGE", "the body must be at most 16 kB"],
  bad_request: ["BAD_REQUEST", "invalid request"],
  internal: ["INTERNAL_SERVER_ERROR", "unexpected error"],
} as const satisfies Record<string, readonly [TRPCError["code"], string]>;

/** When to try again after the database was not available, in seconds. */
export const OUTAGE_SECONDS = 5;

/** Why a request is refused; `data.reason` of a procedure's error, `reason` of a problem. */
export type Reason = keyof typeof REASONS;

/** Every reason. */
export const ALL_REASONS = Object.keys(REASONS) as [Reason, ...Reason[]];

/** The details of a reason. */
interface Details {
  /** That of an error that is not ours, in place of the one of the reason: it decides the HTTP status. */
  code?: TRPCError["code"];
  message?: string;
  /** The errors by field. */
  fields?: FieldErrors;
  retryAfterSeconds?: number;
  /** The scope that is missing (RFC 6750 section 3). */
  scope?: string;
}

/** A refusal. A procedure throws it, and each interface writes it in its own format. */
export class Refusal extends TRPCError {
  readonly reason: Reason;
  readonly fields: FieldErrors | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly scope: string | undefined;

  constructor(reason: Reason, details: Details = {}) {
    const [ownCode, sentence] = REASONS[reason];
    const { code = ownCode, message = details.fields ? wordsOf(details.fields) : sentence } =
      details;
    super({ code, message });
    this.reason = reason;
    this.fields = details.fields;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.scope = details.scope;
  }

  /** The refusal behind an error of tRPC. The texts of tRPC and of parsers are not sent: they may repeat the input. */
  static of(error: TRPCError): Refusal {
    if (error instanceof Refusal) return error;
    const { code, cause } = error;
    if (code === "INTERNAL_SERVER_ERROR")
      return isUnavailable(error)
        ? new Refusal("unavailable", { retryAfterSeconds: OUTAGE_SECONDS })
        : new Refusal("internal");
    // With another code, it is about an output, or about what a procedure has parsed.
    if (code === "BAD_REQUEST" && cause instanceof z.ZodError)
      return new Refusal("invalid_input", { fields: inputErrorsOf(cause) });
    const message = `invalid request (${code})${adviceOf(error)}`;
    return new Refusal("bad_request", { code, message });
  }
}

/** What to do about a request that tRPC does not understand. */
function adviceOf({ code, message }: TRPCError): string {
  if (code === "METHOD_NOT_SUPPORTED") return ": a query takes GET or POST, a mutation POST";
  const isAboutType = code === "UNSUPPORTED_MEDIA_TYPE" && message.includes("content-type");
  return isAboutType ? ": the content type must be application/json" : "";
}

/**
 * Admits a caller with an access token of a user that has these scopes.
 * @returns why the caller is refused otherwise
 * @internal
 */
export function admit(
  caller: Caller,
  scopes: readonly string[],
): Extract<Caller, { is: "user" }> | Refusal {
  switch (caller.is) {
    case "user": {
      const missing = scopes.filter((scope) => !caller.scopes.includes(scope));
      if (missing.length === 0) return caller;
      return new Refusal("insufficient_scope", { scope: missing.join(" ") });
    }
    case "inactive":
      return new Refusal("inactive_user");
    case "client":
      return new Refusal("not_a_user");
    case "refused":
      return new Refusal("invalid_token");
    case "anonymous":
      return new Refusal("not_logged_in");
  }
}

/** `email must be …; username must not …` */
const wordsOf = (fields: FieldErrors): string =>
  Object.entries(fields)
    .map(([field, { message }]) => `${field} ${message}`)
    .join("; ");

/** A response to one caller must not be cached. */
export const NO_STORE = { "Cache-Control": "no-store" };

/** The headers of a response with these refusals, or with none. */
export function refusalHeaders(refusals: readonly Refusal[]): Record<string, string> {
  const [challenge] = refusals.map(challengeOf).filter((text) => text !== undefined);
  const wait = Math.max(0, ...refusals.map(({ retryAfterSeconds }) => retryAfterSeconds ?? 0));
  return {
    ...NO_STORE,
    ...(challenge !== undefined && { "WWW-Authenticate": challenge }),
    ...(wait > 0 && { "Retry-After": String(wait) }),
  };
}

/** RFC 6750 section 3: on every refusal of a token, and with an error code only when a token was sent. */
function challengeOf({ reason, scope }: Refusal): string | undefined {
  const realm = 'Bearer realm="tegata"';
  switch (reason) {
    case "not_logged_in":
    case "not_a_user":
    case "inactive_user":
    case "foreign_app":
      return realm;
    case "invalid_token":
      return `${realm}, error="invalid_token"`;
    case "insufficient_scope":
      return `${realm}, error="insufficient_scope", scope="${scope}"`;
    default:
      return undefined;
  }
}
