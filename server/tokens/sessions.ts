/** Sessions: one per log-in. What an access token is worth now is decided here. */
import { randomBytes } from "node:crypto";
import type { Session } from "../../db/sessions.ts";
import type { User } from "../../db/users.ts";
import type { Tegata } from "../tegata.ts";
import type { AccessToken } from "./access.ts";

/** A day, in milliseconds. */
export const DAY_MS = 86_400_000;

/** What a session is opened for. */
export interface SessionRequest {
  clientId: string;
  /** Space-separated. */
  scope: string;
  userAgent?: string | undefined;
}

/**
 * Opens a session for a user who has just proved who they are.
 * @returns undefined when the account has been disabled or its password changed since it was read
 */
export async function openSession(
  tegata: Tegata,
  user: Pick<User, "id" | "passwordHash">,
  request: SessionRequest,
): Promise<Session | undefined> {
  const lifetimeMs = tegata.settings.sessionExpireDays * DAY_MS;
  const session = newSession(tegata, { ...request, userId: user.id, lifetimeMs });
  return (await tegata.db.sessions.addForUser(session, user.passwordHash)) ? session : undefined;
}

/** Opens a session for a client that acts for itself: it lives as long as its one access token. */
export async function openClientSession(tegata: Tegata, request: SessionRequest): Promise<Session> {
  const lifetimeMs = tegata.accessTokens.lifetimeSeconds * 1000;
  const session = newSession(tegata, { ...request, userId: null, lifetimeMs });
  await tegata.db.sessions.add(session);
  return session;
}

function newSession<Id extends number | null>(
  { now }: Tegata,
  request: SessionRequest & { userId: Id; lifetimeMs: number },
): Session & { userId: Id } {
  const nowMs = now();
  return {
    id: randomBytes(16).toString("base64url"),
    userId: request.userId,
    clientId: request.clientId,
    scope: request.scope,
    userAgent: request.userAgent?.slice(0, 200) ?? null,
    createdAtMs: nowMs,
    lastUsedAtMs: nowMs,
    expiresAtMs: nowMs + request.lifetimeMs,
    revokedAtMs: null,
  };
}

/** Whether a session can still be used. */
export function isAlive({ revokedAtMs, expiresAtMs }: Session, nowMs: number): boolean {
  return revokedAtMs === null && expiresAtMs > nowMs;
}

/** Who stands behind a token: a user, or a client that acts for itself. */
export interface Holder {
  session: Session;
  user: User | null;
}

/**
 * Who stands behind a verified access token, read fresh: the end of a session or the removal of a user acts at once.
 * @returns undefined when the token is worth nothing any more
 */
export async function findHolder(
  { db, now }: Tegata,
  token: AccessToken,
): Promise<Holder | undefined> {
  const found = await db.sessions.find(token.sessionId);
  if (!found || !isAlive(found.session, now())) return undefined;
  const subject = found.user ? String(found.user.id) : found.session.clientId;
  return subject === token.subject && found.session.clientId === token.clientId ? found : undefined;
}
