/** Queries about authorization codes. */
import { and, eq, gt, inArray, isNull, lte, or, sql as raw } from "drizzle-orm";
import { isActiveBrowser } from "./active-sessions.ts";
import { isAmong } from "./batches.ts";
import type { Connection } from "./connect.ts";

/** A row of `codes`. */
export type Code = Connection["tables"]["codes"]["$inferSelect"];
/** The columns of a new code; the others are empty. */
export type NewCode = Omit<Code, "usedAtMs" | "replayedAtMs">;

/** The queries about authorization codes, on one connection. */
export function codeQueries({ sql, tables, write, changed }: Connection) {
  const { users, sessions, codes } = tables;
  return {
    /**
     * Adds a code, if the session of its browser is active and its user is not disabled.
     * @returns whether it was added.
     */
    async add(code: NewCode, nowMs: number): Promise<boolean> {
      const row = {
        hash: raw<string>`${code.hash}`.as("hash"),
        sessionId: raw<string>`${code.sessionId}`.as("session_id"),
        parentId: sessions.id,
        authTimeMs: raw<number | null>`${code.authTimeMs}`.as("auth_time_ms"),
        clientId: raw<string>`${code.clientId}`.as("client_id"),
        redirectUri: raw<string>`${code.redirectUri}`.as("redirect_uri"),
        challenge: raw<string | null>`${code.challenge}`.as("challenge"),
        nonce: raw<string | null>`${code.nonce}`.as("nonce"),
        scope: raw<string>`${code.scope}`.as("scope"),
        createdAtMs: raw<number>`${code.createdAtMs}`.as("created_at_ms"),
        expiresAtMs: raw<number>`${code.expiresAtMs}`.as("expires_at_ms"),
        usedAtMs: raw<null>`NULL`.as("used_at_ms"),
        replayedAtMs: raw<null>`NULL`.as("replayed_at_ms"),
      };
      const browser = sql
        .select(row)
        .from(sessions)
        .innerJoin(users, eq(users.id, sessions.userId))
        .where(isActiveBrowser(sessions, users, code.parentId, nowMs));
      return changed(await write(() => sql.insert(codes).select(browser))) === 1;
    },

    async find(hash: string): Promise<Code | undefined> {
      return (await sql.select().from(codes).where(eq(codes.hash, hash)).limit(1))[0];
    },

    /**
     * Spends a code.
     * @returns whether it was unspent: true for exactly one of any number of concurrent callers.
     */
    async spend(hash: string, nowMs: number): Promise<boolean> {
      const isUnspent = and(
        eq(codes.hash, hash),
        isNull(codes.usedAtMs),
        gt(codes.expiresAtMs, nowMs),
      );
      const spent = await write(() => sql.update(codes).set({ usedAtMs: nowMs }).where(isUnspent));
      return changed(spent) === 1;
    },

    /** Records that a code was presented again. @returns whether it was spent at `usedBeforeMs` or earlier. */
    async markReplayed(hash: string, nowMs: number, usedBeforeMs: number): Promise<boolean> {
      const isSpent = and(eq(codes.hash, hash), lte(codes.usedAtMs, usedBeforeMs));
      const marked = await write(() =>
        sql.update(codes).set({ replayedAtMs: nowMs }).where(isSpent),
      );
      return changed(marked) === 1;
    },

    /** Deletes the codes of a client, or those of one user and a client, used or not. */
    async removeOfClient(clientId: string, userId?: number): Promise<void> {
      const theirs = (id: number) =>
        sql.select({ id: sessions.id }).from(sessions).where(eq(sessions.userId, id));
      const isTheirs = userId === undefined ? undefined : inArray(codes.parentId, theirs(userId));
      await write(() => sql.delete(codes).where(and(eq(codes.clientId, clientId), isTheirs)));
    },

    /**
     * Deletes codes, at most `limit`: those that nobody used and that expired at or before `beforeMs`, and those that were
     * used and expired at or before `usedBeforeMs`.
     * @returns how many.
     */
    async removeExpired(beforeMs: number, usedBeforeMs: number, limit: number): Promise<number> {
      const isOver = or(isNull(codes.usedAtMs), lte(codes.expiresAtMs, usedBeforeMs));
      // Not every SQLite has DELETE with LIMIT.
      const expired = await sql
        .select({ hash: codes.hash })
        .from(codes)
        .where(and(lte(codes.expiresAtMs, beforeMs), isOver))
        .limit(limit);
      if (expired.length === 0) return 0;
      const where = isAmong(
        codes.hash,
        expired.map(({ hash }) => hash),
      );
      return changed(await write(() => sql.delete(codes).where(where)));
    },
  };
}
