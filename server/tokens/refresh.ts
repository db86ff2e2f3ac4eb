/**
 * Refresh tokens: issued and rotated; a token that is used again after its child was used ends its session (RFC 9700
 * section 4.14). Only their SHA-256 is stored. A child is derived from its parent with a key, so that a lost response
 * can be repeated although nothing secret is stored.
 */
import { createHash, createHmac, randomBytes } from "node:crypto";
import type { RefreshToken } from "../../db/refresh-tokens.ts";
import type { Session } from "../../db/sessions.ts";
import type { User } from "../../db/users.ts";
import { DAY_MS } from "../durations.ts";
import type { Origin } from "../requester.ts";
import type { Tegata } from "../tegata.ts";
import type { Throttled } from "../throttle/counting.ts";
import { readRefreshToken, writeRefreshToken } from "./refresh-format.ts";
import { endSessions, isAlive, type UserSession } from "./sessions.ts";

/** The generation of the first token of a session. */
const FIRST = 1;
/** How many generations of used tokens a session keeps, at least; at most twice as many. */
const KEPT_GENERATIONS = 10;

/** A refresh token that was presented, with its session and user. */
export interface FoundRefreshToken {
  /** The token itself. */
  value: string;
  /** Null if it was used so many generations ago that it has been deleted. */
  token: RefreshToken | null;
  session: Session;
  user: User;
}
/** A refresh token that the database still has. */
export type StoredRefreshToken = FoundRefreshToken & { token: RefreshToken };

const hashOf = (value: string) => createHash("sha256").update(value).digest("base64url");
const childOf = ({ value, token, session, user }: StoredRefreshToken, key: Buffer) => {
  const secret = createHmac("sha256", key).update(value).digest("base64url");
  const generation = token.generation + 1;
  return writeRefreshToken({ userId: user.id, sessionId: session.id, generation, secret }, key);
};

/** Whether a token is that user's, so that a session that has come to belong to another user does not serve it. */
const belongsTo = (value: string, { id }: User) =>
  // Tokens of version 0.1 say nothing.
  !value.includes(".") || value.startsWith(`${id}.`);

/** The key that new refresh tokens are made with. */
function currentKey({ keys }: Tegata): Buffer {
  const [key] = keys.refresh;
  if (!key) throw new Error("there is no secret to derive refresh tokens with");
  return key;
}

/** Issues the first refresh token of a user's session. */
export async function issueRefreshToken(tegata: Tegata, session: UserSession): Promise<string> {
  const secret = randomBytes(32).toString("base64url");
  const { userId, id: sessionId } = session;
  const text = { userId, sessionId, generation: FIRST, secret };
  const value = writeRefreshToken(text, currentKey(tegata));
  await store(tegata, session, value, FIRST);
  return value;
}

/** Finds a refresh token, whether or not it can still be used. */
export async function findRefreshToken(
  tegata: Tegata,
  value: string,
): Promise<FoundRefreshToken | undefined> {
  const found = await tegata.db.refreshTokens.find(hashOf(value));
  if (found) return belongsTo(value, found.user) ? { value, ...found } : undefined;
  return findDeleted(tegata, value);
}

/** Finds the session of a token that was deleted because it was used many generations ago. */
async function findDeleted(
  { db, keys }: Tegata,
  value: string,
): Promise<FoundRefreshToken | undefined> {
  const text = readRefreshToken(value, keys.refresh);
  const found = text && (await db.sessions.find(text.sessionId));
  if (!found?.user || found.user.id !== text?.userId) return undefined;
  // A token that is newer than all others is unknown for another reason: the database is a replica or a restored backup.
  const latest = await db.refreshTokens.latestGeneration(text.sessionId);
  if (latest === undefined || text.generation >= latest) return undefined;
  return { value, token: null, session: found.session, user: found.user };
}

/** Whether a refresh token can be used now, for the first time. */
export function isActive(found: FoundRefreshToken, nowMs: number): found is StoredRefreshToken {
  const { token, session, user } = found;
  return (
    isAlive(session, nowMs) &&
    !user.disabled &&
    token?.usedAtMs === null &&
    token.expiresAtMs > nowMs
  );
}

/**
 * Finds a refresh token that a client presents. An unknown one counts as a guess; one that is expired, revoked or used
 * does not.
 */
export async function present(
  tegata: Tegata,
  value: string,
  clientId: string,
  by: Origin,
): Promise<{ is: "usable"; found: StoredRefreshToken } | { is: "refused" } | Throttled> {
  const found = await findUsable(tegata, value, clientId, by);
  if (found) return { is: "usable", found };
  const isKnown = (await findRefreshToken(tegata, value)) !== undefined;
  const throttled = isKnown ? undefined : await tegata.throttle.countWrong(by.address);
  const refusal = throttled ?? ({ is: "refused" } as const);
  tegata.metrics?.refresh(refusal.is);
  return refusal;
}

/**
 * Finds a refresh token that the client may exchange: one that is unused, or whose child is unused. If any other token
 * is used, two parties have it, so its session ends.
 * @returns undefined for any other
 */
async function findUsable(
  tegata: Tegata,
  value: string,
  clientId: string,
  by: Origin,
): Promise<StoredRefreshToken | undefined> {
  const presented = await findRefreshToken(tegata, value);
  const nowMs = tegata.now();
  if (!presented || presented.session.clientId !== clientId || !isAlive(presented.session, nowMs))
    return undefined;
  const { token, session, user } = presented;
  const childHash = token?.childHash ?? null;
  const child = childHash === null ? undefined : await tegata.db.refreshTokens.find(childHash);
  if (
    token === null ||
    (childHash !== null && !child && (await hasOutlivedChild(tegata, token))) ||
    isReused(tegata, token, child?.token)
  ) {
    await endSessions(tegata, { id: session.id, userId: user.id }, "refresh_token_reused", by);
    return undefined;
  }
  // A used token is valid as long as the child that it returns.
  const { expiresAtMs } = child?.token ?? token;
  return user.disabled || expiresAtMs <= nowMs ? undefined : { ...presented, token };
}

/** Whether a token has no child any more, because it was deleted. That happens only to tokens of version 0.1. */
async function hasOutlivedChild({ db }: Tegata, token: RefreshToken): Promise<boolean> {
  const latest = await db.refreshTokens.latestGeneration(token.sessionId);
  // Otherwise the child has not been stored yet.
  return latest !== undefined && latest > token.generation + 1;
}

/**
 * Whether a token was used again that its owner no longer needs, because the use of its child shows that the response
 * arrived. Within the grace period, it may be an earlier request from another tab. The clock that saw the use of the
 * child may be ahead of ours by no more than that period.
 */
function isReused(
  { settings, now }: Tegata,
  { usedAtMs }: RefreshToken,
  child: RefreshToken | undefined,
): boolean {
  if (usedAtMs === null) return false;
  const graceMs = settings.refreshGraceSeconds * 1000;
  const childUsedAtMs = child?.usedAtMs ?? null;
  if (graceMs === 0) return true;
  return childUsedAtMs !== null && Math.abs(now() - childUsedAtMs) >= graceMs;
}

/**
 * Exchanges a usable refresh token for its child: always the same one, for parallel requests and for every repetition.
 * @returns undefined if the token turns out to be no longer usable
 */
export async function rotate(
  tegata: Tegata,
  presented: StoredRefreshToken,
  by: Origin,
): Promise<string | undefined> {
  const child = await exchange(tegata, presented, by);
  tegata.metrics?.refresh(child === undefined ? "refused" : "refreshed");
  return child;
}

async function exchange(
  tegata: Tegata,
  presented: StoredRefreshToken,
  by: Origin,
): Promise<string | undefined> {
  const { db, now } = tegata;
  const { token, session } = presented;
  if (token.usedAtMs !== null) return repeat(tegata, presented);
  const child = childOf(presented, currentKey(tegata));
  if (await db.refreshTokens.spend(token.hash, hashOf(child), now())) {
    const stored = await storeChild(tegata, presented, child);
    await forget(tegata, presented);
    return stored;
  }
  // Another request was faster.
  const spent = await findUsable(tegata, presented.value, session.clientId, by);
  return spent && repeat(tegata, spent);
}

/** Returns the child of a used token again: two tabs sent the token at once, or a response was lost. */
async function repeat(tegata: Tegata, presented: StoredRefreshToken): Promise<string | undefined> {
  const child = tegata.keys.refresh
    .map((key) => childOf(presented, key))
    .find((candidate) => hashOf(candidate) === presented.token.childHash);
  return child && storeChild(tegata, presented, child);
}

/** Stores and returns a child. The request that used its parent may not have stored it, and may never do so. */
async function storeChild(
  tegata: Tegata,
  { token, session }: StoredRefreshToken,
  child: string,
): Promise<string> {
  await store(tegata, session, child, token.generation + 1);
  await tegata.db.sessions.touch(session, tegata.now());
  return child;
}

/** Deletes the tokens that were used many generations ago. Their tags still tell what they were. */
async function forget({ db }: Tegata, { token, session }: StoredRefreshToken): Promise<void> {
  // Several at once cost less.
  if (token.generation % KEPT_GENERATIONS !== 0) return;
  const old = await db.refreshTokens.listBefore(session.id, token.generation - KEPT_GENERATIONS);
  if (old.length > 0) await db.refreshTokens.remove(old);
}

/** Stores a refresh token, unless it is stored already. */
async function store(
  { db, settings, now }: Tegata,
  session: Session,
  value: string,
  generation: number,
): Promise<void> {
  const createdAtMs = now();
  const idleEndMs = createdAtMs + settings.refreshTokenExpireDays * DAY_MS;
  const expiresAtMs = Math.min(idleEndMs, session.expiresAtMs);
  const hash = hashOf(value);
  await db.refreshTokens.add({
    hash,
    sessionId: session.id,
    generation,
    createdAtMs,
    expiresAtMs,
  });
}
