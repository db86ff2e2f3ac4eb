/** The query of every request that carries a token: a session with its user. */
import {
  Column,
  eq,
  getTableColumns,
  type InferSelectModel,
  inArray,
  type Table,
} from "drizzle-orm";
import { alias } from "./alias.ts";
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

/** The end of the session that has opened another one; `expiresAtMs` is null if it is not there. */
type ParentEnd = Pick<Session, "revokedAtMs"> & { expiresAtMs: number | null };

/** A session with the end that it really has: its own, or that of its parent if that comes first. */
export function endedWith(session: Session, parent: ParentEnd | null): Session {
  if (session.parentId === null) return session;
  // A parent that is not there has been deleted, because it was over.
  const endMs = parent?.expiresAtMs ?? 0;
  const revokedAtMs = session.revokedAtMs ?? parent?.revokedAtMs ?? null;
  return { ...session, revokedAtMs, expiresAtMs: Math.min(session.expiresAtMs, endMs) };
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
  const parent = alias(sessions, "parent");
  const { expiresAtMs, revokedAtMs } = parent;
  const textOf = (size: number) =>
    sql
      .select({ session: sessions, user: users, parent: { expiresAtMs, revokedAtMs } })
      .from(sessions)
      .leftJoin(users, eq(users.id, sessions.userId))
      .leftJoin(parent, eq(parent.id, sessions.parentId))
      .where(inArray(sessions.id, Array<string>(size).fill("")))
      .toSQL().sql;
  const queries = SIZES.map((size) => ({ size, text: textOf(size) }));
  const sessionOf = rowReader(sessions, 0);
  const userAt = Object.keys(getTableColumns(sessions)).length;
  const userOf = rowReader(users, userAt);
  const parentAt = userAt + Object.keys(getTableColumns(users)).length;
  const endOf = (row: readonly unknown[]): ParentEnd => ({
    expiresAtMs: numberOf(row[parentAt]),
    revokedAtMs: numberOf(row[parentAt + 1]),
  });

  return gather(MOST, async (ids: readonly string[], sinceMs) => {
    const query = queries.find(({ size }) => size >= ids.length);
    if (!query) throw new Error("too many ids");
    const repeated = Array<string>(query.size - ids.length).fill(ids[0] ?? "");
    const found = await rows(query.text, [...ids, ...repeated], sinceMs);
    return new Map(
      found.map((row) => {
        const own = sessionOf(row);
        const session = own.parentId === null ? own : endedWith(own, endOf(row));
        return [session.id, { session, user: row[userAt] === null ? null : userOf(row) }];
      }),
    );
  });
}

const numberOf = (value: unknown) => (value === null ? null : Number(value));

/** Makes the function that reads the columns of a table from a row that has them from an index on, in their order. */
function rowReader<T extends Table>(table: T, from: number) {
  const columns = Object.entries(getTableColumns(table)).map(([name, column], i) => ({
    name,
    // Most columns are as the driver reads them.
    column: column.mapFromDriverValue === Column.prototype.mapFromDriverValue ? undefined : column,
    at: from + i,
  }));
  return (row: readonly unknown[]): InferSelectModel<T> => {
    const read: Record<string, unknown> = {};
    for (const { name, column, at } of columns) {
      const value = row[at];
      read[name] = column && value !== null ? column.mapFromDriverValue(value) : value;
    }
    return read as InferSelectModel<T>;
  };
}
