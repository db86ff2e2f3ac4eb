/** Sessions, one per login: opens and ends them, and checks whether an access token is still valid. */
import { randomBytes } from "node:crypto";
import type { TokenOwner } from "../../db/session-lookup.ts";
import type { Session, SessionSelector } from "../../db/sessions.ts";
import type { EventType } from "../audit.ts";
import { DAY_MS } from "../durations.ts";
import type { Origin } from "../requester.ts";
import type { Tegata } from "../tegata.ts";
import type { AccessToken } from "./access.ts";
import type { Proof } from "./proof.ts";

/** How many sessions a user has at most. */
const MAX_USER_SESSIONS = 100;
/** How many sessions a client has at most that acts on its own behalf: each of them is one access token. */
const MAX_CLIENT_SESSIONS = 1000;

/** A session of a user. */
export type UserSession = Session & { userId: number };
/** A session of a user that a browser has opened. */
export type ChildSession = UserSession & { parentId: string };

/** What a new session is opened with. */
export interface SessionRequest {
  clientId: string;
  /** Space-separated, or `ALL_SCOPES`. */
  scope: string;
}

/** What a session is opened with for a client; `refreshes`: whether it gets a refresh token. */
export type ClientSessionRequest = SessionRequest & { refreshes: boolean };
/** What a session of a user is opened with: for a client, or for a browser that can open others from it. */
export type UserSessionRequest = ClientSessionRequest | { clientId: string; browser: true };

/**
 * Opens a session for a user who has just proved who they are. If they have too many, those that were not used for the
 * longest time end.
 * @returns undefined if the account has been disabled or its password changed since it was read
 */
export async function openSession(
  tegata: Tegata,
  { user, amr, authTimeMs }: Proof,
  request: UserSessionRequest,
  by: Origin,
): Promise<UserSession | undefined> {
  const isBrowser = "browser" in request;
  const { clientId, scope, refreshes } = isBrowser
    ? { ...request, scope: "", refreshes: true }
    : request;
  const lifetimeMs = lifetimeOf(tegata, refreshes);
  const opened = newSession(tegata, { clientId, scope, userId: user.id, lifetimeMs }, by);
  const session = { ...opened, browser: isBrowser, amr, authTimeMs };
  if (!(await tegata.db.sessions.addForUser(session, user.passwordHash))) return undefined;
  // Another node may have stored a new password after the insert read the old one, and ended the sessions that it knew. If it
  // did not know this one, the new password is seen here.
  const current = await tegata.db.users.find(user.id);
  return keep(tegata, session, current?.passwordHash === user.passwordHash, by);
}

/**
 * Opens a session for a client from that of a browser, without further proof. The new session ends with the browser's.
 * @param request `id`: that of the new session; a new one by default
 * @returns undefined if the browser has been logged out, the account disabled, or its password changed since `browser` was
 *   read
 */
export async function openChildSession(
  tegata: Tegata,
  browser: UserSession,
  { refreshes, ...request }: ClientSessionRequest & { id?: string },
  by: Origin,
): Promise<ChildSession | undefined> {
  const { id: parentId, userId, amr, authTimeMs } = browser;
  const lifetimeMs = lifetimeOf(tegata, refreshes);
  const opened = newSession(tegata, { ...request, userId, lifetimeMs }, by);
  const expiresAtMs = Math.min(opened.expiresAtMs, browser.expiresAtMs);
  const session = { ...opened, parentId, amr, authTimeMs, expiresAtMs };
  if (!(await tegata.db.sessions.addForBrowser(session, tegata.now()))) return undefined;
  // The password may have been changed since the browser was read. Whoever made that change before the insert did not know
  // this session, which nobody has yet.
  const parent = await tegata.db.sessions.find(parentId);
  const kept = await keep(tegata, session, parent?.session.authTimeMs === authTimeMs, by);
  if (kept) await tegata.db.sessions.touch(session, tegata.now());
  return kept;
}

/** Ends what a user has too many beside a new session; or that session, if the password has been changed meanwhile. */
async function keep<Opened extends UserSession>(
  tegata: Tegata,
  session: Opened,
  isProved: boolean,
  by: Origin,
): Promise<Opened | undefined> {
  if (isProved) {
    await endSurplus(tegata, session, MAX_USER_SESSIONS, by);
    return session;
  }
  await endSessions(tegata, { id: session.id }, "password_changed", by);
  return undefined;
}

/** @returns an id for a new session */
export const newSessionId = (): string => randomBytes(16).toString("base64url");

/** How long a session lives, in milliseconds: without a refresh token, as long as its one access token. */
const lifetimeOf = ({ settings, accessTokens }: Tegata, refreshes: boolean) =>
  refreshes ? settings.sessionExpireDays * DAY_MS : accessTokens.lifetimeSeconds * 1000;

/**
 * Opens a session for a client that acts on its own behalf; it lives as long as its one access token. If the client has
 * too many, the oldest end.
 */
export async function openClientSession(
  tegata: Tegata,
  request: SessionRequest,
  by: Origin,
): Promise<Session> {
  const lifetimeMs = tegata.accessTokens.lifetimeSeconds * 1000;
  const session = newSession(tegata, { ...request, userId: null, lifetimeMs }, by);
  await tegata.db.sessions.add(session);
  await endSurplus(tegata, session, MAX_CLIENT_SESSIONS, by);
  return session;
}

/** Ends the sessions that the browser or the owner of a new one has beyond `most`. */
async function endSurplus(
  tegata: Tegata,
  opened: Session,
  most: number,
  by: Origin,
): Promise<void> {
  // Read first: a statement that counts and ends at once would lock all sessions of the owner at every login.
  const surplus = await tegata.db.sessions.listSurplus(opened, most, tegata.now());
  for (const id of surplus)
    if (id !== opened.id) await endSessions(tegata, { id }, "too_many_sessions", by);
}

function newSession<Id extends number | null>(
  { now }: Tegata,
  request: SessionRequest & { id?: string; userId: Id; lifetimeMs: number },
  { userAgent }: Origin,
): Session & { userId: Id } {
  const nowMs = now();
  return {
    id: request.id ?? newSessionId(),
    userId: request.userId,
    clientId: request.clientId,
    scope: request.scope,
    userAgent: userAgent?.slice(0, 200) ?? null,
    createdAtMs: nowMs,
    lastUsedAtMs: nowMs,
    expiresAtMs: nowMs + request.lifetimeMs,
    revokedAtMs: null,
    browser: false,
    parentId: null,
    authTimeMs: null,
    amr: null,
  };
}

/** Why sessions ended. */
export type EndReason =
  | "logged_out"
  | "logged_in_again"
  | "ended_by_user"
  | "token_revoked"
  | "password_changed"
  | "password_reset"
  | "email_taken_back"
  | "refresh_token_reused"
  | "code_replayed"
  | "app_removed"
  | "too_many_sessions"
  | "user_enabled"
  | "ended_by_operator"
  | "client_updated"
  | "client_removed";

/**
 * Ends sessions, and with them all of their tokens and all that they have opened, immediately.
 * @returns how many were active; those that they have opened do not count
 */
export async function endSessions(
  { db, now, log, audit }: Pick<Tegata, "db" | "now" | "log" | "audit">,
  which: SessionSelector,
  reason: EndReason,
  by: Origin,
): Promise<number> {
  const ended = await db.sessions.revoke(which, now());
  await db.sessions.revokeChildren(which, now());
  if (ended === 0) return ended;
  // Operators should notice a theft.
  const level = isTheft(reason) ? "warn" : "info";
  log[level]({ requestId: by.requestId, ...which, reason, ended }, "sessions ended");
  await audit.record({ ...eventOf(which, reason), detail: reason }, by);
  return ended;
}

/** Whether a token or a code was used twice: then somebody has a copy of it. */
const isTheft = (reason: EndReason) =>
  reason === "refresh_token_reused" || reason === "code_replayed";

/** The event for the end of these sessions. */
function eventOf(which: SessionSelector, reason: EndReason) {
  const type = (one: EventType) => (isTheft(reason) ? reason : one);
  if ("id" in which) return { type: type("session_ended"), sessionId: which.id };
  if ("exceptIds" in which) {
    const [sessionId] = which.exceptIds;
    return { type: type("other_sessions_ended"), sessionId, userId: which.userId };
  }
  return { type: type("sessions_ended"), ...which };
}

/** Whether a session can still be used. */
export function isAlive(
  { revokedAtMs, expiresAtMs }: Pick<Session, "revokedAtMs" | "expiresAtMs">,
  nowMs: number,
): boolean {
  return revokedAtMs === null && expiresAtMs > nowMs;
}

/**
 * Finds the owner of a verified access token in the database: ending a session or removing a user takes effect at once.
 * @returns undefined if the token is no longer valid
 */
export async function findTokenOwner(
  { db, now }: Tegata,
  token: AccessToken,
): Promise<TokenOwner | undefined> {
  const found = await db.sessions.findOwner(token.sessionId);
  if (!found || !isAlive(found.session, now())) return undefined;
  const subject = found.user ? String(found.user.id) : found.session.clientId;
  return subject === token.subject && found.session.clientId === token.clientId ? found : undefined;
}
