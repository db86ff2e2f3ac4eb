/** Queries about sessions. */
import { and, asc, count, desc, eq, gt, isNull, lte, ne, sql as raw } from "drizzle-orm";
import { isAmong } from "./batches.ts";
import type { Connection } from "./connect.ts";
import { sessionLookup } from "./session-lookup.ts";

/** A row of `sessions`. */
export type Session = Connection["tables"]["sessions"]["$inferSelect"];
/** The columns of a new session. */
export type NewSession = Omit<Session, "revokedAtMs">;
/** Selects one session, one session if it belongs to the user, all or all but one of a user, or all of a client. */
export type SessionSelector =
  | { id: string }
  | { id: string; userId: number }
  | { userId: number }
  | { userId: number; exceptId: string }
  | { clientId: string };

/** Whose sessions are counted: those of a user, or of a client that acts on its own behalf. */
export type SessionOwner = { userId: number } | { userId: null; clientId: string };

/** The most sessions that a list contains. */
const LIST_LIMIT = 100;
/** The most surplus sessions that one call returns. */
const SURPLUS_LIMIT = 20;
/** The most sessions that are over and that one call returns: so many are deleted in one statement. */
export const OVER_LIMIT = 100;

/** The queries about sessions, on one connection. */
export function sessionQueries(connection: Connection) {
  return { ...adding(connection), ...reading(connection), ...changing(connection) };
}

function adding({ sql, tables: { users, sessions }, write, changed }: Connection) {
  return {
    /** Adds a session of a client that acts on its own behalf. */
    async add(session: NewSession & { userId: null }): Promise<void> {
      await write(() => sql.insert(sessions).values(session));
    },

    /**
     * Adds a session of a user, if the user is not disabled and still has the password hash that was just verified.
     * @returns whether it was added.
     */
    async addForUser(
      session: NewSession & { userId: number },
      passwordHash: string,
    ): Promise<boolean> {
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
      const where = and(
        eq(users.id, session.userId),
        eq(users.passwordHash, passwordHash),
        eq(users.disabled, false),
      );
      const added = await write(() =>
        sql.insert(sessions).select(sql.select(row).from(users).where(where)),
      );
      return changed(added) === 1;
    },
  };
}

function reading(connection: Connection) {
  const {
    sql,
    tables: { sessions },
    clock,
  } = connection;
  return {
    /** Finds a session with its user. */
    find: sessionLookup(connection),

    /** The active sessions of a user, most recently used first. */
    list(userId: number, nowMs: number): Promise<Session[]> {
      return sql
        .select()
        .from(sessions)
        .where(and(eq(sessions.userId, userId), isActive(sessions, nowMs)))
        .orderBy(desc(sessions.lastUsedAtMs))
        .limit(LIST_LIMIT);
    },

    /** The ids of the active sessions of an owner beyond the `kept` last used: at most 20. */
    async listSurplus(owner: SessionOwner, kept: number, nowMs: number): Promise<string[]> {
      const isTheirs =
        owner.userId === null
          ? and(eq(sessions.clientId, owner.clientId), isNull(sessions.userId))
          : eq(sessions.userId, owner.userId);
      const rows = await sql
        .select({ id: sessions.id })
        .from(sessions)
        .where(and(isTheirs, isActive(sessions, nowMs)))
        .orderBy(desc(sessions.lastUsedAtMs), desc(sessions.createdAtMs), asc(sessions.id))
        .limit(SURPLUS_LIMIT)
        .offset(kept);
      return rows.map(({ id }) => id);
    },

    /**
     * The sessions that have been over for `keptMs` at `nowMs`, and by the database's own clock too: at most
     * {@link OVER_LIMIT}, the longest first.
     */
    listOver(nowMs: number, keptMs: number): Promise<Pick<Session, "id" | "expiresAtMs">[]> {
      const isOver = (clockMs: number | typeof clock) =>
        lte(sessions.expiresAtMs, raw`${clockMs} - ${keptMs}`);
      return sql
        .select({ id: sessions.id, expiresAtMs: sessions.expiresAtMs })
        .from(sessions)
        .where(and(isOver(nowMs), isOver(clock)))
        .orderBy(asc(sessions.expiresAtMs))
        .limit(OVER_LIMIT);
    },

    /** How many sessions there are, active or not. */
    async count(): Promise<number> {
      return (await sql.select({ all: count() }).from(sessions))[0]?.all ?? 0;
    },
  };
}

function changing({ sql, tables: { sessions }, write, changed }: Connection) {
  // Every exchange of a refresh token runs it: its text is built once.
  const touching = sql
    .update(sessions)
    .set({ lastUsedAtMs: raw`${raw.placeholder("nowMs")}` })
    .where(eq(sessions.id, raw.placeholder("id")))
    .prepare();

  return {
    /** Records that a session was used. */
    async touch(id: string, nowMs: number): Promise<void> {
      await write(() => touching.execute({ id, nowMs }));
    },

    /**
     * Revokes the active sessions that match every property of `which`.
     * @returns how many sessions were active and are now revoked.
     */
    async revoke(which: SessionSelector, nowMs: number): Promise<number> {
      const where = and(
        "id" in which ? eq(sessions.id, which.id) : undefined,
        "userId" in which ? eq(sessions.userId, which.userId) : undefined,
        "exceptId" in which ? ne(sessions.id, which.exceptId) : undefined,
        "clientId" in which ? eq(sessions.clientId, which.clientId) : undefined,
        isActive(sessions, nowMs),
      );
      const revoked = { revokedAtMs: nowMs, expiresAtMs: nowMs };
      return changed(await write(() => sql.update(sessions).set(revoked).where(where)));
    },

    /** Makes sure that sessions that have expired do not become active again, whatever a clock says. */
    async seal(ids: readonly string[], nowMs: number): Promise<void> {
      const where = and(isAmong(sessions.id, ids), isNull(sessions.revokedAtMs));
      await write(() => sql.update(sessions).set({ revokedAtMs: nowMs }).where(where));
    },

    /**
     * Deletes sessions and their refresh tokens.
     * @returns how many of them still existed.
     */
    async remove(ids: readonly string[]): Promise<number> {
      return changed(await write(() => sql.delete(sessions).where(isAmong(sessions.id, ids))));
    },
  };
}

function isActive(sessions: Connection["tables"]["sessions"], nowMs: number) {
  return and(isNull(sessions.revokedAtMs), gt(sessions.expiresAtMs, nowMs));
}
