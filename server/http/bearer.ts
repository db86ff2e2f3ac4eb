/** Identifies the caller by the Authorization header (RFC 6750). */
import type { PublicUser } from "../../db/public-user.ts";
import type { Tegata } from "../tegata.ts";
import { findTokenOwner } from "../tokens/sessions.ts";
import type { Received } from "./edge/received.ts";
import { timesSent } from "./edge/repeated-headers.ts";

/** Who is calling, as far as the Authorization header proves it. */
export type Caller =
  /** No token was sent. */
  | { is: "anonymous" }
  /** The token is invalid, expired or revoked. */
  | { is: "refused" }
  /** The token is valid, but the account is disabled. */
  | { is: "inactive" }
  /** The token is valid, and belongs to a client that acts on its own behalf: there is no user. */
  | { is: "client" }
  | {
      is: "user";
      user: PublicUser;
      sessionId: string;
      /** The session, and that of the browser that has opened it. */
      sessionIds: readonly [string, ...string[]];
      /** Which application has the token. */
      clientId: string;
      scopes: readonly string[];
    };

/** Identifies the caller. An invalid header is a result, not an error. */
export async function identify(tegata: Tegata, request: Received): Promise<Caller> {
  const token = bearerToken(request);
  if (token === undefined) return { is: "anonymous" };
  const verified = token && (await tegata.accessTokens.verify(token));
  const owner = verified && (await findTokenOwner(tegata, verified));
  if (!owner) return { is: "refused" };
  const { user, session } = owner;
  if (!user) return { is: "client" };
  if (user.disabled) return { is: "inactive" };
  const { id: sessionId, parentId, clientId } = session;
  const sessionIds: [string, ...string[]] = parentId === null ? [sessionId] : [sessionId, parentId];
  const scopes = verified.scope.split(" ");
  return { is: "user", user, sessionId, sessionIds, clientId, scopes };
}

/** The token of RFC 6750 section 2.1; undefined if none was sent, empty if several headers were. */
function bearerToken(request: Received): string | undefined {
  const { authorization = "" } = request.headers;
  const [scheme = ""] = /^bearer(?: +|$)/i.exec(authorization) ?? [];
  const token = scheme && authorization.slice(scheme.length);
  if (!token) return undefined;
  return timesSent(request, "authorization") === 1 ? token : "";
}
