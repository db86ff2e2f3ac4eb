/** Queries about sessions. */
import {
  and,
  asc,
  count,
  desc,
  eq,
  inArray,
  isNotNull,
  isNull,
  lte,
  notInArray,
  sql as raw,
} from "drizzle-orm";
import { isActive } from "./active-sessions.ts";
import { isAmong } from "./batches.ts";
import type { Connection } from "./connect.ts";
import { gatherWrites } from "./gather.ts";
import { sessionInserts } from "./new-sessions.ts";
import { ownerLookup, sessionLookup } from "./session-lookup.ts";

/** A row of `sessions`. */
export type Session = Connection["tables"]["sessions"]["$inferSelect"];
/**
 * Selects one session, one session if it belongs to the user, all or all but some of a user, those that a client has for a
 * user, or all of a client.
 */
export type SessionSelector =
  | { id: string }
  | { id: string; userId: number }
  | { userId: number }
  | { userId: number; exceptIds: readonly [string, ...string[]] }
  | { userId: number; clientId: string }
  | { clientId: string };

/** Whose sessions are counted: those of a user, or of a client that acts on its own behalf. */
export type SessionOwner = Pick<Session, "userId" | "clientId" | "parentId">;

/** The most sessions that a list contains. */
const LIST_LIMIT = 100;
/** The most sessions that a list of those opened by browsers contains. */
const OPENED_LIMIT = 1000;
/** The most surplus sessions that one call returns. */
const SURPLUS_LIMIT = 20;
/** The most sessions that are over and that one call returns: so many are deleted in one statement. */
export const OVER_LIMIT = 100;

/** The most uses that are recorded in one statement. */
const MOST_TOUCHED = 16;

/** The queries about sessions, on one connection. */
export function sessionQueries(connection: Connection) {
  return { ...sessionInserts(connection), ...reading(connection), ...changing(connection) };
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

    /** Finds the owner of an access token by the id of its session. */
    findOwner: ownerLookup(connection),

    /** The active sessions of a user, most recently used first. Those that a browser has opened are part of its own. */
    list(userId: number, nowMs: number): Promise<Session[]> {
      const isTheirs = and(eq(sessions.userId, userId), isNull(sessions.parentId));
      return sql
        .select()
        .from(sessions)
        .where(and(isTheirs, isActive(sessions, nowMs)))
        .orderBy(desc(sessions.lastUsedAtMs))
        .limit(LIST_LIMIT);
    },

    /**
     * The active sessions that browsers of a user have opened, most recently used first. Their browser may be logged out.
     */
    listOpened(userId: number, nowMs: number): Promise<Session[]> {
      const isTheirs = and(eq(sessions.userId, userId), isNotNull(sessions.parentId));
      return sql
        .select()
        .from(sessions)
        .where(and(isTheirs, isActive(sessions, nowMs)))
        .orderBy(desc(sessions.lastUsedAtMs))
        .limit(OPENED_LIMIT);
    },

    /**
     * The ids of the active sessions beyond the `kept` last used: at most 20. They are those of the same browser, or else
     * those of the same owner that no browser has opened.
     */
    async listSurplus(
      { userId, clientId, parentId }: SessionOwner,
      kept: number,
      nowMs: number,
    ): Promise<string[]> {
      const isOfOwner =
        userId === null
          ? and(eq(sessions.clientId, clientId), isNull(sessions.userId))
          : and(eq(sessions.userId, userId), isNull(sessions.parentId));
      const isTheirs = parentId === null ? isOfOwner : eq(sessions.parentId, parentId);
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
    .where(inArray(sessions.id, [raw.placeholder("id"), raw.placeholder("parentId")]))
    .prepare();

  const touch = gatherWrites<{ id: string; parentId: string; nowMs: number }>(
    MOST_TOUCHED,
    (uses) => {
      const ids = new Set(uses.flatMap(({ id, parentId }) => [id, parentId]));
      const lastUsedAtMs = Math.max(...uses.map(({ nowMs }) => nowMs));
      const where = isAmong(sessions.id, [...ids]);
      return write(() => sql.update(sessions).set({ lastUsedAtMs }).where(where));
    },
    (use) => write(() => touching.execute(use)),
  );

  const matching = (which: SessionSelector) =>
    and(
      "id" in which ? eq(sessions.id, which.id) : undefined,
      "userId" in which ? eq(sessions.userId, which.userId) : undefined,
      "exceptIds" in which ? notInArray(sessions.id, [...which.exceptIds]) : undefined,
      "clientId" in which ? eq(sessions.clientId, which.clientId) : undefined,
    );
  const revokeAll = async (where: ReturnType<typeof and>, nowMs: number) => {
    const revoked = { revokedAtMs: nowMs, expiresAtMs: nowMs };
    const isDue = and(where, isActive(sessions, nowMs));
    return changed(await write(() => sql.update(sessions).set(revoked).where(isDue)));
  };

  return {
    /** Records that a session was used, and with it that of the browser that has opened it. */
    touch: ({ id, parentId }: Pick<Session, "id" | "parentId">, nowMs: number): Promise<void> =>
      touch({ id, parentId: parentId ?? id, nowMs }),

    /** Records that the user of a browser has proved again who they are. Sessions of other kinds are left as they are. */
    async renewProof(ids: readonly string[], nowMs: number): Promise<void> {
      const isBrowser = and(inArray(sessions.id, [...ids]), eq(sessions.browser, true));
      await write(() => sql.update(sessions).set({ authTimeMs: nowMs }).where(isBrowser));
    },

    /**
     * Revokes the active sessions that match every property of `which`. Of those of a user for any client, only the ones
     * that have no parent: {@link revokeChildren} revokes the others.
     * @returns how many sessions were active and are now revoked.
     */
    revoke(which: SessionSelector, nowMs: number): Promise<number> {
      const isAnyOfUser = "userId" in which && !("id" in which) && !("clientId" in which);
      return revokeAll(
        and(matching(which), isAnyOfUser ? isNull(sessions.parentId) : undefined),
        nowMs,
      );
    },

    /**
     * Revokes the sessions that were opened by the ones that match. Nobody can use these any more, but their rows would
     * stay until they expire.
     */
    async revokeChildren(which: SessionSelector, nowMs: number): Promise<void> {
      const isTheirs = "userId" in which ? eq(sessions.userId, which.userId) : undefined;
      const where =
        "id" in which
          ? and(eq(sessions.parentId, which.id), isTheirs)
          : and(matching(which), isNotNull(sessions.parentId));
      await revokeAll(where, nowMs);
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
