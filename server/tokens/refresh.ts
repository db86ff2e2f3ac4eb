/**
 * Refresh tokens: issued, rotated, and the session ended where one is used twice (RFC 9700 section 4.14). Only their
 * SHA-256 is stored. A child is derived from its parent with a key, so that a lost answer can be given again although
 * nothing secret is kept.
 */
import { createHash, createHmac, randomBytes } from "node:crypto";
import type { RefreshToken } from "../../db/refresh-tokens.ts";
import type { Session } from "../../db/sessions.ts";
import type { User } from "../../db/users.ts";
import type { Tegata } from "../tegata.ts";
import { DAY_MS, isAlive } from "./sessions.ts";

/** A refresh token that was presented, with what is known of it. */
export interface Presented {
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

/** Finds a refresh token, whatever it is worth. */
export async function findRefreshToken(
  { db }: Tegata,
  value: string,
): Promise<Presented | undefined> {
  const found = await db.refreshTokens.find(hashOf(value));
  return found && { value, ...found };
}

/** Whether a refresh token could be used now, for the first time. */
export function isUnspent({ token, session, user }: Presented, nowMs: number): boolean {
  return (
    isAlive(session, nowMs) &&
    !user.disabled &&
    token.usedAtMs === null &&
    token.expiresAtMs > nowMs
  );
}

/**
 * Finds a refresh token that the client may use: one that is unspent, or was spent a moment ago. One that was spent
 * before that ends its session.
 * @returns undefined for every other one
 */
export async function findUsable(
  tegata: Tegata,
  value: string,
  clientId: string,
): Promise<Presented | undefined> {
  const presented = await findRefreshToken(tegata, value);
  const nowMs = tegata.now();
  if (!presented || presented.session.clientId !== clientId || !isAlive(presented.session, nowMs))
    return undefined;
  if (presented.token.usedAtMs !== null && !isInGrace(tegata, presented.token))
    return endSession(tegata, presented);
  return presented.user.disabled || presented.token.expiresAtMs <= nowMs ? undefined : presented;
}

/**
 * Exchanges a usable refresh token for its child: the same one, however many ask at once and however often within the
 * grace.
 * @returns undefined when it turned out to have been used before
 */
export async function rotate(tegata: Tegata, presented: Presented): Promise<string | undefined> {
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
  // Somebody was faster, or its answer was lost.
  const spent =
    presented.token.usedAtMs === null
      ? await db.refreshTokens.find(presented.token.hash)
      : presented;
  if (!spent || !isInGrace(tegata, spent.token)) return endSession(tegata, presented);
  const child = keys.refresh
    .map((key) => childOf(value, key))
    .find((candidate) => hashOf(candidate) === spent.token.childHash);
  if (child === undefined) return undefined;
  // Whoever spent the token may not have come to store its child, and perhaps never will.
  if (!(await store(tegata, session, hashOf(child)))) {
    const stored = await db.refreshTokens.find(hashOf(child));
    if (stored?.token.usedAtMs !== null) return endSession(tegata, presented);
  }
  return child;
}

/** A token is spent for one child; asked for again within the grace, it is the same one. */
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

/** Two hold the token, and one of them is a thief: neither keeps the session. */
async function endSession({ db, log, now }: Tegata, { session }: Presented): Promise<undefined> {
  if (await db.sessions.revoke(session.id, now()))
    log.warn(
      { user: session.userId, client: session.clientId },
      "a refresh token was used twice: its session is ended",
    );
}
