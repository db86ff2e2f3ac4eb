/** The database as the rest of the service sees it: named queries, and no way to write SQL. */
import { sql as raw, type SQL } from "drizzle-orm";
import { clientQueries } from "./clients.ts";
import { type Connection, connect } from "./connect.ts";
import { itemQueries } from "./items.ts";
import { refreshTokenQueries } from "./refresh-tokens.ts";
import { sessionQueries } from "./sessions.ts";
import { userQueries } from "./users.ts";

/** The named queries, one statement each; rows in, rows out. */
export interface Db {
  /** The engine and the place, for people to read; holds no password. */
  readonly name: string;
  readonly users: ReturnType<typeof userQueries>;
  readonly clients: ReturnType<typeof clientQueries>;
  readonly sessions: ReturnType<typeof sessionQueries>;
  readonly refreshTokens: ReturnType<typeof refreshTokenQueries>;
  readonly items: ReturnType<typeof itemQueries>;
  close(): Promise<void>;
}

/**
 * Opens the database that a URL names, migrates it if asked to, and checks that its tables are the ones of this version.
 * @throws when it cannot be reached, is not strict, or lacks a table or a column.
 */
export async function openDb(url: string, options: { migrate: boolean }): Promise<Db> {
  const connection = await connect(url);
  try {
    if (options.migrate)
      await connection.migrating(async (sql, migrate) => {
        if (!(await isPushed({ ...connection, sql }))) await migrate();
      });
    await checkTables(connection);
  } catch (error) {
    await connection.close();
    throw error;
  }
  return {
    name: connection.name,
    users: userQueries(connection),
    clients: clientQueries(connection),
    sessions: sessionQueries(connection),
    refreshTokens: refreshTokenQueries(connection),
    items: itemQueries(connection),
    close: connection.close,
  };
}

/**
 * `drizzle-kit push` makes tables and no journal of them: whoever pushes keeps the schema, and migrations stay out.
 * @throws when there are tables and a journal without an entry: a migration was interrupted, or run on pushed tables
 */
async function isPushed({ sql, tables, isMissingTable }: Connection): Promise<boolean> {
  const rowsOf = async (
    table: Connection["tables"]["users"] | SQL,
  ): Promise<number | undefined> => {
    try {
      return (await sql.select({ one: raw`1` }).from(table).limit(1)).length;
    } catch (error) {
      if (isMissingTable(error)) return undefined;
      throw error;
    }
  };
  // In this order: a migration makes its journal first.
  if ((await rowsOf(tables.users)) === undefined) return false;
  const entries = await rowsOf(raw`__drizzle_migrations`);
  if (entries === 0)
    throw new Error(
      "the database has tables, and a journal of migrations without an entry: a migration was interrupted, or run on tables that were pushed. " +
        "Drop the table __drizzle_migrations if `drizzle-kit push` made them all; otherwise begin with an empty database or a backup",
    );
  return entries === undefined;
}

async function checkTables({ sql, tables }: Connection): Promise<void> {
  for (const table of Object.values(tables)) {
    try {
      await sql.select().from(table).limit(0);
    } catch (cause) {
      throw new Error(
        "the database lacks a table or a column of this version: run `npm run db:migrate` or, where you use it, `npm run db:push`",
        { cause },
      );
    }
  }
}
