/**
 * Refresh tokens: issued and rotated; a token that is used again after its child was used ends its session (RFC 9700
 * section 4.14). Only their SHA-256 is stored. A child is derived from its parent with a key, so that a lost response
 * can be repeated although nothing secret is stored.
 */
import { createHash, createHmac, randomBytes } from "node:crypto";
import type { RefreshToken } from "../../db/refresh-tokens.ts";
import type { Session } from "../../db/sessions.ts";
import type { User } from "../../db/users.ts";
import type { Origin } from "../requester.ts";
import type { Tegata } from "../tegata.ts";
import { DAY_MS, endSessions, isAlive } from "./sessions.ts";

/** A refresh token that was presented, with its session and user. */
export interface FoundRefreshToken {
  /** The token itself. */
  value: string;
  token: RefreshToken;
  session: Session;
  user: User;
}

const hashOf = (value: string) => createHash("sha256").update(value).digest("base64url");
const childOf = ({ value, user }: FoundRefreshToken, key: Buffer) =>
  named(user.id, createHmac("sha256", key).update(value).digest("base64url"));

/** A token says whose it is, so that a session that has come to belong to another user does not serve it. */
const named = (userId: number | null, secret: string) => `${userId}.${secret}`;
/** Whether a token is that user's. Those of version 0.1 say nothing. */
const belongsTo = (value: string, { id }: User) =>
  !value.includes(".") || value.startsWith(`${id}.`);

/** Issues the first refresh token of a session. @returns the user's id, a dot, and 256 random bits in base64url. */
export async function issueRefreshToken(tegata: Tegata, session: Session): Promise<string> {
  const value = named(session.userId, randomBytes(32).toString("base64url"));
  await store(tegata, session, hashOf(value));
  return value;
}

/** Finds a refresh token, whether or not it can still be used. */
export async function findRefreshToken(
  { db }: Tegata,
  value: string,
): Promise<FoundRefreshToken | undefined> {
  const found = await db.refreshTokens.find(hashOf(value));
  return found && belongsTo(value, found.user) ? { value, ...found } : undefined;
}

/** Whether a refresh token can be used now, for the first time. */
export function isActive({ token, session, user }: FoundRefreshToken, nowMs: number): boolean {
  return (
    isAlive(session, nowMs) &&
    !user.disabled &&
    token.usedAtMs === null &&
    token.expiresAtMs > nowMs
  );
}

/**
 * Finds a refresh token that the client may exchange: one that is unused, or whose child is unused. If any other token
 * is used, two parties have it, so its session ends.
 * @returns undefined for any other
 */
export async function findUsable(
  tegata: Tegata,
  value: string,
  clientId: string,
  by: Origin,
): Promise<FoundRefreshToken | undefined> {
  const presented = await findRefreshToken(tegata, value);
  const nowMs = tegata.now();
  if (!presented || presented.session.clientId !== clientId || !isAlive(presented.session, nowMs))
    return undefined;
  const { token, session, user } = presented;
  const child =
    token.childHash === null ? undefined : await tegata.db.refreshTokens.find(token.childHash);
  if (isReused(tegata, token, child?.token)) {
    await endSessions(tegata, { id: session.id, userId: user.id }, "refresh_token_reused", by);
    return undefined;
  }
  // A used token is valid as long as the child that it returns.
  const { expiresAtMs } = child?.token ?? token;
  return user.disabled || expiresAtMs <= nowMs ? undefined : presented;
}

/**
 * Whether a token was used again that its owner no longer needs, because the use of its child shows that the response
 * arrived. Within the grace period, it may be an earlier request from another tab.
 */
function isReused(
  { settings, now }: Tegata,
  { usedAtMs }: RefreshToken,
  child: RefreshToken | undefined,
): boolean {
  if (usedAtMs === null) return false;
  const graceMs = settings.refreshGraceSeconds * 1000;
  const childUsedAtMs = child?.usedAtMs ?? null;
  return graceMs === 0 || (childUsedAtMs !== null && now() - childUsedAtMs >= graceMs);
}

/**
 * Exchanges a usable refresh token for its child: always the same one, for parallel requests and for every repetition.
 * @returns undefined if the token turns out to be no longer usable
 */
export async function rotate(
  tegata: Tegata,
  presented: FoundRefreshToken,
  by: Origin,
): Promise<string | undefined> {
  const { db, keys, now } = tegata;
  const { token, session } = presented;
  if (token.usedAtMs !== null) return repeat(tegata, presented);
  const [key] = keys.refresh;
  if (!key) throw new Error("there is no secret to derive refresh tokens with");
  const child = childOf(presented, key);
  if (await db.refreshTokens.spend(token.hash, hashOf(child), now()))
    return hand(tegata, session, child);
  // Another request was faster.
  const spent = await findUsable(tegata, presented.value, session.clientId, by);
  return spent && repeat(tegata, spent);
}

/** Returns the child of a used token again: two tabs sent the token at once, or a response was lost. */
async function repeat(tegata: Tegata, presented: FoundRefreshToken): Promise<string | undefined> {
  const { token, session } = presented;
  const child = tegata.keys.refresh
    .map((key) => childOf(presented, key))
    .find((candidate) => hashOf(candidate) === token.childHash);
  return child && hand(tegata, session, child);
}

/** Stores and returns a child. The request that used its parent may not have stored it, and may never do so. */
async function hand(tegata: Tegata, session: Session, child: string): Promise<string> {
  await store(tegata, session, hashOf(child));
  await tegata.db.sessions.touch(session.id, tegata.now());
  return child;
}

/** Stores a refresh token, unless it is stored already. */
async function store({ db, settings, now }: Tegata, session: Session, hash: string): Promise<void> {
  const createdAtMs = now();
  const idleEndMs = createdAtMs + settings.refreshTokenExpireDays * DAY_MS;
  const expiresAtMs = Math.min(idleEndMs, session.expiresAtMs);
  await db.refreshTokens.add({ hash, sessionId: session.id, createdAtMs, expiresAtMs });
}
