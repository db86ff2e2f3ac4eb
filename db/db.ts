/** The database as the rest of the service sees it: named queries, and no way to write SQL. */
import { sql as raw } from "drizzle-orm";
import { type Connection, connect } from "./connect.ts";
import { sessionQueries } from "./sessions.ts";
import { userQueries } from "./users.ts";

/** The named queries, one statement each; rows in, rows out. */
export interface Db {
  /** The engine and the place, for people to read; holds no password. */
  readonly name: string;
  readonly users: ReturnType<typeof userQueries>;
  readonly sessions: ReturnType<typeof sessionQueries>;
  close(): Promise<void>;
}

/**
 * Opens the database that a URL names, migrates it if asked to, and checks that its tables are the ones of this version.
 * @throws when it cannot be reached, is not strict, or lacks a table or a column.
 */
export async function openDb(url: string, options: { migrate: boolean }): Promise<Db> {
  const connection = await connect(url);
  try {
    if (options.migrate && !(await isPushed(connection))) await connection.migrate();
    await checkTables(connection);
  } catch (error) {
    await connection.close();
    throw error;
  }
  return {
    name: connection.name,
    users: userQueries(connection),
    sessions: sessionQueries(connection),
    close: connection.close,
  };
}

/** `drizzle-kit push` makes the tables and leaves no journal: whoever pushes keeps the schema, and migrations stay out. */
async function isPushed(connection: Connection): Promise<boolean> {
  const exists = async (table: string) => {
    try {
      await connection.sql
        .select({ one: raw`1` })
        .from(raw`${raw.identifier(table)}`)
        .limit(1);
      return true;
    } catch (error) {
      if (connection.isMissingTable(error)) return false;
      throw error;
    }
  };
  // In this order: a migration makes its journal first, so one that is under way is never taken for a push.
  return (await exists("users")) && !(await exists("__drizzle_migrations"));
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
