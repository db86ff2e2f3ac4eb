/**
 * Refresh tokens: issued and rotated; a token that is used twice ends its session (RFC 9700 section 4.14). Only their
 * SHA-256 is stored. A child is derived from its parent with a key, so that a lost response can be repeated although
 * nothing secret is stored.
 */
import { createHash, createHmac, randomBytes } from "node:crypto";
import type { RefreshToken } from "../../db/refresh-tokens.ts";
import type { Session } from "../../db/sessions.ts";
import type { User } from "../../db/users.ts";
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
const childOf = (value: string, key: Buffer) =>
  createHmac("sha256", key).update(value).digest("base64url");

/** Issues the first refresh token of a session. @returns 256 random bits, base64url. */
export async function issueRefreshToken(tegata: Tegata, session: Session): Promise<string> {
  const value = randomBytes(32).toString("base64url");
  await store(tegata, session, hashOf(value));
  return value;
}

/** Finds a refresh token, whether or not it can still be used. */
export async function findRefreshToken(
  { db }: Tegata,
  value: string,
): Promise<FoundRefreshToken | undefined> {
  const found = await db.refreshTokens.find(hashOf(value));
  return found && { value, ...found };
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
 * Finds a refresh token that the client may use: one that is unused, or was used within the grace period. One that was
 * used earlier ends its session.
 * @returns undefined for any other
 */
export async function findUsable(
  tegata: Tegata,
  value: string,
  clientId: string,
): Promise<FoundRefreshToken | undefined> {
  const presented = await findRefreshToken(tegata, value);
  const nowMs = tegata.now();
  if (!presented || presented.session.clientId !== clientId || !isAlive(presented.session, nowMs))
    return undefined;
  if (presented.token.usedAtMs !== null && !isInGrace(tegata, presented.token))
    return endReused(tegata, presented);
  return presented.user.disabled || presented.token.expiresAtMs <= nowMs ? undefined : presented;
}

/**
 * Exchanges a usable refresh token for its child: always the same one, for parallel requests and for every repetition
 * within the grace period.
 * @returns undefined if the token turns out to have been used before
 */
export async function rotate(
  tegata: Tegata,
  presented: FoundRefreshToken,
): Promise<string | undefined> {
  const { db, keys, now } = tegata;
  const { value, session } = presented;
  if (presented.token.usedAtMs === null) {
    const [key] = keys.refresh;
    if (!key) throw new Error("there is no secret to derive refresh tokens with");
    const child = childOf(value, key);
    if (await db.refreshTokens.spend(presented.token.hash, hashOf(child), now())) {
      await store(tegata, session, hashOf(child));
      await db.sessions.touch(session.id, now());
      return child;
    }
  }
  // Another request was faster, or its response was lost.
  const spent =
    presented.token.usedAtMs === null
      ? await db.refreshTokens.find(presented.token.hash)
      : presented;
  if (!spent || !isInGrace(tegata, spent.token)) return endReused(tegata, presented);
  const child = keys.refresh
    .map((key) => childOf(value, key))
    .find((candidate) => hashOf(candidate) === spent.token.childHash);
  if (child === undefined) return undefined;
  // The request that used the token may not have stored the child yet, and may never do so.
  if (!(await store(tegata, session, hashOf(child)))) {
    const stored = await db.refreshTokens.find(hashOf(child));
    if (stored?.token.usedAtMs !== null) return endReused(tegata, presented);
  }
  return child;
}

/** Within the grace period, a used token returns the same child again. */
function isInGrace({ settings, now }: Tegata, { usedAtMs }: RefreshToken): boolean {
  return usedAtMs !== null && now() - usedAtMs < settings.refreshGraceSeconds * 1000;
}

/** @returns whether it was not stored before */
function store({ db, settings, now }: Tegata, session: Session, hash: string): Promise<boolean> {
  const createdAtMs = now();
  const idleEndMs = createdAtMs + settings.refreshTokenExpireDays * DAY_MS;
  const expiresAtMs = Math.min(idleEndMs, session.expiresAtMs);
  return db.refreshTokens.add({ hash, sessionId: session.id, createdAtMs, expiresAtMs });
}

/** If two parties have the token, one of them has stolen it, so the session ends for both. */
async function endReused(tegata: Tegata, { session, user }: FoundRefreshToken): Promise<undefined> {
  await endSessions(tegata, { id: session.id, userId: user.id }, "refresh_token_reused");
}
