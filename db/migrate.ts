/** Runs the generated migrations, and checks that the tables match this version of Tegata. */
import { sql as raw, type SQL } from "drizzle-orm";
import { readMigrationFiles } from "drizzle-orm/migrator";
import type { Connection } from "./connect.ts";
import { copyOldJournal, JOURNAL, OLD_JOURNAL, ownEntries } from "./journal.ts";

/**
 * Runs the migrations that the database has not seen, unless its tables were created by `drizzle-kit push`.
 * @throws if another process holds the migration lock for too long, or if an earlier migration was interrupted.
 */
export function migrate(connection: Connection): Promise<void> {
  return connection.withMigrationLock(async (sql, runMigrations) => {
    const journal = await findJournal({ ...connection, sql });
    if (journal === "pushed") return;
    await runMigrations(journal === OLD_JOURNAL ? copyOldJournal(connection.migrationsFolder) : []);
  });
}

/** Where the tables of a database come from. */
export type History =
  | { is: "pushed" }
  | { is: "interrupted"; message: string }
  | {
      is: "migrated";
      /** How many migrations the database has not seen. */
      pending: number;
      /** How many it has seen that this version does not have. */
      unknown: number;
    };

/** Reads the migration journal. */
export async function readHistory(connection: Connection): Promise<History> {
  const { sql, migrationsFolder } = connection;
  const ours = readMigrationFiles({ migrationsFolder }).map(({ folderMillis }) => folderMillis);
  try {
    const journal = await findJournal(connection);
    if (journal === "pushed") return { is: "pushed" };
    if (journal === "none") return { is: "migrated", pending: ours.length, unknown: 0 };
    const entries = await sql
      .select({ at: raw<number>`created_at`.mapWith(Number) })
      .from(raw`${raw.identifier(journal)}`)
      .where(journal === OLD_JOURNAL ? ownEntries(migrationsFolder) : undefined);
    const last = Math.max(0, ...entries.map(({ at }) => at));
    return {
      is: "migrated",
      pending: ours.filter((at) => at > last).length,
      unknown: entries.filter(({ at }) => !ours.includes(at)).length,
    };
  } catch (error) {
    if (error instanceof MigrationInterrupted) return { is: "interrupted", message: error.message };
    throw error;
  }
}

/** There are tables and an empty journal: a migration was interrupted, or ran on pushed tables. */
class MigrationInterrupted extends Error {}

/**
 * Finds the journal of a database. `drizzle-kit push` creates tables without one: if you push once, you manage the schema
 * from then on, and migrations are skipped.
 * @throws {MigrationInterrupted} if there are tables and an empty journal, also if it ran on pushed tables
 */
async function findJournal({
  sql,
  tables,
  missingPart,
  migrationsFolder,
}: Connection): Promise<typeof JOURNAL | typeof OLD_JOURNAL | "none" | "pushed"> {
  /** At most 1; undefined if the table does not exist. */
  const countRows = async (
    table: Connection["tables"]["users"] | SQL,
    condition?: SQL,
  ): Promise<number | undefined> => {
    try {
      return (await sql.select({ one: raw`1` }).from(table).where(condition).limit(1)).length;
    } catch (error) {
      if (missingPart(error) === "table") return undefined;
      throw error;
    }
  };
  // The order matters: a migration creates its journal before any table.
  if ((await countRows(tables.users)) === undefined) return "none";
  const entries = await countRows(raw`${raw.identifier(JOURNAL)}`);
  if (entries === 1) return JOURNAL;
  const old = raw`${raw.identifier(OLD_JOURNAL)}`;
  if ((await countRows(old, ownEntries(migrationsFolder))) === 1) return OLD_JOURNAL;
  if (entries === 0)
    throw new MigrationInterrupted(
      "the database has tables but an empty migration journal: a migration was interrupted, or ran on tables created by `drizzle-kit push`. " +
        `If \`drizzle-kit push\` created all tables, drop the table ${JOURNAL}; otherwise start from an empty database or a backup`,
    );
  return "pushed";
}

/** Selects no rows from every table. @returns the error of one that is missing or lacks a column, if there is one */
export async function findMissing({
  sql,
  tables,
  missingPart,
}: Connection): Promise<unknown | undefined> {
  for (const table of Object.values(tables)) {
    try {
      await sql.select().from(table).limit(0);
    } catch (cause) {
      if (missingPart(cause)) return cause;
      throw cause;
    }
  }
  return undefined;
}

/**
 * Reports a missing column at the start, and not by the first request.
 * @throws if a table or column is missing.
 */
export async function checkTables(connection: Connection): Promise<void> {
  const cause = await findMissing(connection);
  if (cause === undefined) return;
  throw new Error(
    "the database lacks a table or column that this version of Tegata needs; start the service, or run `npm run db:migrate`, or `npm run db:push` if you created the tables with push",
    { cause },
  );
}
