/** Queries about throttles: counters that change only by compare and swap, so that several processes share them. */
import { and, eq, lte } from "drizzle-orm";
import { isAmong } from "./batches.ts";
import { type Connection, insertOnce } from "./connect.ts";

/** A row of `throttles`, without its key. */
export type Counter = Omit<Connection["tables"]["throttles"]["$inferSelect"], "hash">;

/** Where counters are stored. */
export interface Counters {
  /** A counter, whether or not it has expired; undefined if there is none. */
  find(hash: string): Promise<Counter | undefined>;
  /**
   * Replaces a counter, if it is still `from`; undefined stands for none.
   * @param nowMs when the caller read it
   * @returns whether it was replaced: true for exactly one of any number of concurrent callers.
   */
  replace(
    hash: string,
    from: Counter | undefined,
    to: Counter | undefined,
    nowMs: number,
  ): Promise<boolean>;
  /** Deletes some of the counters that expired at or before `beforeMs`, at most `limit`. @returns how many. */
  removeExpired(beforeMs: number, limit: number): Promise<number>;
  close(): Promise<void>;
}

/** The queries about throttles, on one connection. */
export function throttleQueries(connection: Connection): Omit<Counters, "close"> {
  const { sql, tables, write, changed } = connection;
  const { throttles } = tables;
  const { attempts, blockedUntilMs, expiresAtMs } = throttles;

  return {
    async find(hash) {
      return (
        await sql
          .select({ attempts, blockedUntilMs, expiresAtMs })
          .from(throttles)
          .where(eq(throttles.hash, hash))
      )[0];
    },

    async replace(hash, from, to) {
      if (!from)
        return !to || insertOnce(connection, () => sql.insert(throttles).values({ hash, ...to }));
      const where = and(
        eq(throttles.hash, hash),
        eq(throttles.attempts, from.attempts),
        eq(throttles.blockedUntilMs, from.blockedUntilMs),
        eq(throttles.expiresAtMs, from.expiresAtMs),
      );
      const statement = () =>
        to ? sql.update(throttles).set(to).where(where) : sql.delete(throttles).where(where);
      return changed(await write<unknown>(statement)) === 1;
    },

    async removeExpired(beforeMs, limit) {
      // SQLite has no DELETE with a LIMIT.
      const expired = lte(throttles.expiresAtMs, beforeMs);
      const rows = await sql
        .select({ hash: throttles.hash })
        .from(throttles)
        .where(expired)
        .limit(limit);
      if (rows.length === 0) return 0;
      const where = and(
        isAmong(
          throttles.hash,
          rows.map(({ hash }) => hash),
        ),
        expired,
      );
      return changed(await write(() => sql.delete(throttles).where(where)));
    },
  };
}
