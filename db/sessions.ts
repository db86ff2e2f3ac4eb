/** Queries about sessions. */
import { and, desc, eq, gt, isNull, lte, ne, sql as raw, type SQL } from "drizzle-orm";
import type { Connection } from "./connect.ts";
import type { User } from "./users.ts";

/** A row of `sessions`. */
export type Session = Connection["tables"]["sessions"]["$inferSelect"];
/** What a new session is made of. */
export type NewSession = Omit<Session, "revokedAtMs">;

/** How many sessions a list has at most. */
const LISTED = 100;

/** The queries about sessions, over one connection. */
export function sessionQueries({ sql, tables, write, changed }: Connection) {
  const { users, sessions } = tables;
  // The one query of every request that carries a token: prepared once.
  const withUser = sql
    .select({ session: sessions, user: users })
    .from(sessions)
    .leftJoin(users, eq(users.id, sessions.userId))
    .where(eq(sessions.id, raw.placeholder("id")))
    .limit(1)
    .prepare();
  const alive = (nowMs: number) =>
    and(isNull(sessions.revokedAtMs), gt(sessions.expiresAtMs, nowMs));

  /** @returns how many sessions were alive, and are now revoked */
  const revoke = async (which: SQL | undefined, nowMs: number): Promise<number> => {
    const where = and(which, alive(nowMs));
    return changed(
      await write(() => sql.update(sessions).set({ revokedAtMs: nowMs }).where(where)),
    );
  };

  return {
    /** A session of a client that acts for itself. */
    async add(session: NewSession & { userId: null }): Promise<void> {
      await write(() => sql.insert(sessions).values(session));
    },

    /**
     * A session of a user, if the user still has the password hash that was just verified and is not disabled.
     * @returns whether it was added
     */
    async addForUser(
      session: NewSession & { userId: number },
      passwordHash: string,
    ): Promise<boolean> {
      const same = and(
        eq(users.id, session.userId),
        eq(users.passwordHash, passwordHash),
        eq(users.disabled, false),
      );
      const row = {
        id: raw<string>`${session.id}`.as("id"),
        userId: users.id,
        clientId: raw<string>`${session.clientId}`.as("client_id"),
        scope: raw<string>`${session.scope}`.as("scope"),
        userAgent: raw<string | null>`${session.userAgent}`.as("user_agent"),
        createdAtMs: raw<number>`${session.createdAtMs}`.as("created_at_ms"),
        lastUsedAtMs: raw<number>`${session.lastUsedAtMs}`.as("last_used_at_ms"),
        expiresAtMs: raw<number>`${session.expiresAtMs}`.as("expires_at_ms"),
        revokedAtMs: raw<null>`NULL`.as("revoked_at_ms"),
      };
      return (
        changed(
          await write(() => sql.insert(sessions).select(sql.select(row).from(users).where(same))),
        ) === 1
      );
    },

    /** A session with the user it belongs to, as they are now; no user where a client acts for itself. */
    async find(id: string): Promise<{ session: Session; user: User | null } | undefined> {
      return (await withUser.execute({ id }))[0];
    },

    /** The living sessions of a user, the last used first. */
    list(userId: number, nowMs: number): Promise<Session[]> {
      return sql
        .select()
        .from(sessions)
        .where(and(eq(sessions.userId, userId), alive(nowMs)))
        .orderBy(desc(sessions.lastUsedAtMs))
        .limit(LISTED);
    },

    /** Notes that a session was used. */
    async touch(id: string, nowMs: number): Promise<void> {
      await write(() =>
        sql.update(sessions).set({ lastUsedAtMs: nowMs }).where(eq(sessions.id, id)),
      );
    },

    /** @returns whether the session was alive, and is now revoked. */
    async revoke(id: string, nowMs: number): Promise<boolean> {
      return (await revoke(eq(sessions.id, id), nowMs)) === 1;
    },

    /** Revokes a session if it is the user's. @returns whether it was theirs and alive, and is now revoked. */
    async revokeOf(userId: number, id: string, nowMs: number): Promise<boolean> {
      return (await revoke(and(eq(sessions.id, id), eq(sessions.userId, userId)), nowMs)) === 1;
    },

    /** Revokes every session of a user but one. @returns how many were alive, and are now revoked. */
    revokeOthers(userId: number, keptId: string, nowMs: number): Promise<number> {
      return revoke(and(eq(sessions.userId, userId), ne(sessions.id, keptId)), nowMs);
    },

    /** Removes what ended before a moment, and the refresh tokens with it. @returns how many sessions. */
    async removeExpired(beforeMs: number): Promise<number> {
      return changed(
        await write(() => sql.delete(sessions).where(lte(sessions.expiresAtMs, beforeMs))),
      );
    },

    /** Removes the sessions of a client, and the refresh tokens with them. */
    async removeOfClient(clientId: string): Promise<void> {
      await write(() => sql.delete(sessions).where(eq(sessions.clientId, clientId)));
    },
  };
}
