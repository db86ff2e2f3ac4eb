/** From an Authorization header to a caller, and back to the challenge of a refusal (RFC 6750). */
import type { IncomingMessage } from "node:http";
import type { User } from "../../db/users.ts";
import type { Tegata } from "../tegata.ts";
import { findHolder } from "../tokens/sessions.ts";
import type { Refusal } from "./trpc/refusal.ts";

/** Who is calling, as far as the Authorization header proves it. */
export type Caller =
  /** No token came. */
  | { is: "anonymous" }
  /** A token came that is not good, or not good any more. */
  | { is: "refused" }
  /** The token is good, the account is disabled. */
  | { is: "inactive" }
  /** The token is good, and a client's own: there is no user. */
  | { is: "client" }
  | { is: "user"; user: User; sessionId: string; scopes: readonly string[] };

/** Finds out who is calling. Whatever the header holds, it is an answer and no error. */
export async function identify(tegata: Tegata, request: IncomingMessage): Promise<Caller> {
  const token = bearerToken(request);
  if (token === undefined) return { is: "anonymous" };
  const verified = token && (await tegata.accessTokens.verify(token));
  const holder = verified && (await findHolder(tegata, verified));
  if (!holder) return { is: "refused" };
  const { user, session } = holder;
  if (!user) return { is: "client" };
  if (user.disabled) return { is: "inactive" };
  return { is: "user", user, sessionId: session.id, scopes: verified.scope.split(" ") };
}

/** The token of RFC 6750 section 2.1; undefined when none came, empty when what came cannot be one. */
function bearerToken({ headers, rawHeaders }: IncomingMessage): string | undefined {
  const [, credentials] = headers.authorization?.match(/^bearer(?: +(.*))?$/i) ?? [];
  if (!credentials) return undefined;
  // Node keeps the first of several headers, a proxy may keep the last: whose token it is would be open.
  const sent = rawHeaders.filter((name, i) => i % 2 === 0 && /^authorization$/i.test(name));
  return sent.length === 1 && /^[\w.~+/-]+=*$/.test(credentials) ? credentials : "";
}

/** The headers that an answer with such refusals must carry; also those of an answer without any. */
export function refusalHeaders(refusals: readonly Refusal[]): Record<string, string> {
  const challenges = refusals.map(challenge).filter((text) => text !== undefined);
  const waits = refusals.map(({ retryAfterSeconds }) => retryAfterSeconds ?? 0);
  return {
    "Cache-Control": "no-store",
    ...(challenges[0] !== undefined && { "WWW-Authenticate": challenges[0] }),
    ...(Math.max(0, ...waits) > 0 && { "Retry-After": String(Math.max(...waits)) }),
  };
}

/** RFC 6750 section 3: on every refusal that is the token's, and with an error code only when a token came. */
function challenge({ reason, scope }: Refusal): string | undefined {
  const realm = 'Bearer realm="tegata"';
  switch (reason) {
    case "not_logged_in":
    case "not_a_user":
    case "inactive_user":
      return realm;
    case "invalid_token":
      return `${realm}, error="invalid_token"`;
    case "insufficient_scope":
      return `${realm}, error="insufficient_scope", scope="${scope}"`;
    default:
      return undefined;
  }
}
