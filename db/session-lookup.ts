/** The query of every request that carries a token: a session with its user. */
import { eq, getTableColumns, type InferSelectModel, inArray, type Table } from "drizzle-orm";
import type { Connection } from "./connect.ts";
import { gather } from "./gather.ts";
import type { Session } from "./sessions.ts";
import type { User } from "./users.ts";

/** How many sessions a query looks up: few different texts, because the server prepares each of them. */
const SIZES = [1, 2, 4, 8, 16, 32, 64] as const;
const MOST = 64;

/** A session with its user; `user` is null if the client acts on its own behalf. */
export interface SessionWithUser {
  session: Session;
  user: User | null;
}

/**
 * Makes the function that finds a session by its id. It builds no query and leaves the rows to no library: through
 * drizzle, that takes as long as everything else that a request needs.
 */
export function sessionLookup({
  sql,
  tables: { users, sessions },
  rows,
}: Connection): (id: string) => Promise<SessionWithUser | undefined> {
  const textOf = (size: number) =>
    sql
      .select({ session: sessions, user: users })
      .from(sessions)
      .leftJoin(users, eq(users.id, sessions.userId))
      .where(inArray(sessions.id, Array<string>(size).fill("")))
      .toSQL().sql;
  const queries = SIZES.map((size) => ({ size, text: textOf(size) }));
  const sessionOf = rowReader(sessions, 0);
  const userAt = Object.keys(getTableColumns(sessions)).length;
  const userOf = rowReader(users, userAt);

  return gather(MOST, async (ids: readonly string[], sinceMs) => {
    const query = queries.find(({ size }) => size >= ids.length);
    if (!query) throw new Error("too many ids");
    const repeated = Array<string>(query.size - ids.length).fill(ids[0] ?? "");
    const found = await rows(query.text, [...ids, ...repeated], sinceMs);
    return new Map(
      found.map((row) => {
        const session = sessionOf(row);
        return [session.id, { session, user: row[userAt] === null ? null : userOf(row) }];
      }),
    );
  });
}

/** Makes the function that reads the columns of a table from a row that has them from an index on, in their order. */
function rowReader<T extends Table>(table: T, from: number) {
  const columns = Object.entries(getTableColumns(table)).map(([name, column], i) => ({
    name,
    column,
    at: from + i,
  }));
  return (row: readonly unknown[]): InferSelectModel<T> => {
    const read: Record<string, unknown> = {};
    for (const { name, column, at } of columns) {
      const value = row[at];
      read[name] = value === null ? null : column.mapFromDriverValue(value);
    }
    return read as InferSelectModel<T>;
  };
}
