/** Queries about the audit log. There is none that changes an event. */
import { and, asc, desc, eq, gte, inArray, lt, sql as raw } from "drizzle-orm";
import { isAmong } from "./batches.ts";
import type { Connection } from "./connect.ts";

/** A row of `events`. */
export type EventRow = Connection["tables"]["events"]["$inferSelect"];

/** Selects the events that match every property. */
export interface EventFilter {
  userId?: number | undefined;
  clientId?: string | undefined;
  types?: readonly string[] | undefined;
  /** Epoch milliseconds. */
  sinceMs?: number | undefined;
}

/** The queries about the audit log, on one connection. */
export function eventQueries({ sql, tables: { events, sessions }, write, changed }: Connection) {
  return {
    /** Adds an event. If it has a session but no user or client, it gets those of the session. */
    async add(event: Omit<EventRow, "id">): Promise<void> {
      const ofSession = (column: typeof sessions.userId | typeof sessions.clientId) =>
        raw`(SELECT ${column} FROM ${sessions} WHERE ${sessions.id} = ${event.sessionId})`;
      const row = {
        ...event,
        userId: event.userId ?? ofSession(sessions.userId),
        clientId: event.clientId ?? ofSession(sessions.clientId),
      };
      await write(() => sql.insert(events).values(row));
    },

    /** The latest events, the newest first: at most `limit`, and only those before the event with id `before`. */
    list(
      { userId, clientId, types, sinceMs }: EventFilter,
      { before, limit }: { before?: number | undefined; limit: number },
    ): Promise<EventRow[]> {
      const where = and(
        userId === undefined ? undefined : eq(events.userId, userId),
        clientId === undefined ? undefined : eq(events.clientId, clientId),
        types === undefined ? undefined : inArray(events.type, [...types]),
        sinceMs === undefined ? undefined : gte(events.atMs, sinceMs),
        before === undefined ? undefined : lt(events.id, before),
      );
      return sql.select().from(events).where(where).orderBy(desc(events.id)).limit(limit);
    },

    /**
     * Deletes events from before `beforeMs`, the oldest first, at most `limit`.
     * @returns how many were deleted.
     */
    async removeOld(beforeMs: number, limit: number): Promise<number> {
      // Not every SQLite has DELETE with LIMIT.
      const old = await sql
        .select({ id: events.id })
        .from(events)
        .where(lt(events.atMs, beforeMs))
        .orderBy(asc(events.atMs))
        .limit(limit);
      if (old.length === 0) return 0;
      const ids = old.map(({ id }) => id);
      return changed(await write(() => sql.delete(events).where(isAmong(events.id, ids))));
    },
  };
}
