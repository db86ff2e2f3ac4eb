/**
 * Connects to a SQLite file. The only file that imports `@libsql/client`, and only its part for files: the part for
 * servers takes longer to load than drizzle.
 */
import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { type Client, createClient, type InStatement } from "@libsql/client/sqlite3";
import { sql as raw, type SQL } from "drizzle-orm";
import { migrate } from "drizzle-orm/libsql/migrator";
import { drizzle } from "drizzle-orm/libsql/sqlite3";
import type { Connection, Sql } from "./connect.ts";
import { sqlite } from "./dialect-sqlite.ts";
import { findCause } from "./driver-errors.ts";
import { JOURNAL } from "./journal.ts";
import { schema } from "./schema.ts";
import { faultOf } from "./sqlite-errors.ts";
import { createPrivateFile, makePrivate, sqlitePath } from "./sqlite-file.ts";
import { openReader } from "./sqlite-reader.ts";
import { DatabaseUnavailable } from "./unavailable.ts";

const migrationsFolder = `${import.meta.dirname}/migrations/sqlite`;

/** libsql waits for a lock synchronously, which blocks the event loop: wait briefly and retry instead. */
const BUSY_MS = 10;
/** How long a statement that writes may wait for the lock and for those before it, in milliseconds. */
const WRITE_MS = 4_000;
/** How long the start may wait for other processes that open or migrate the same file, in milliseconds. */
const START_MS = 60_000;

/**
 * Connects to a `file:…` URL, and creates the file if it does not exist.
 * @throws if the file cannot be created or opened, or must exist and does not; the message names DATABASE_URL.
 */
export async function connectSqlite(
  url: string,
  { mustExist = false }: { mustExist?: boolean },
): Promise<Connection> {
  const path = sqlitePath(url);
  if (mustExist && !existsSync(path))
    throw new Error(
      `DATABASE_URL: there is no file ${path}; correct the path, or start the service once to create it`,
    );
  const client = await open(url, path);
  const reader = openReader(path, BUSY_MS);
  const db = drizzle({ client, casing: "snake_case" });
  const sql = db as unknown as Sql;
  const { write, load } = writeInTurn();
  return {
    name: `SQLite, ${path}`,
    sql,
    tables: schema(sqlite),
    clock: raw`unixepoch() * 1000`,
    rows: reader.rows,
    write,
    insertedId: (result) => Number((result as { lastInsertRowid: bigint }).lastInsertRowid),
    changed: (result) => (result as { rowsAffected: number }).rowsAffected,
    violatedIndex,
    isOrphan: (error) =>
      findCause(error, (cause) => "extendedCode" in cause)?.extendedCode ===
      "SQLITE_CONSTRAINT_FOREIGNKEY",
    missingPart(error) {
      // The second code: another process changed the tables while the statement began.
      const codes: unknown[] = ["SQLITE_ERROR", "SQLITE_SCHEMA"];
      const cause = findCause(error, ({ code }) => codes.includes(code));
      const [, part] = cause?.message.match(/no such (table|column)/) ?? [];
      return part as "table" | "column" | undefined;
    },
    withMigrationLock: (work) => {
      const runMigrations = async (before: readonly SQL[]) => {
        for (const statement of before) await db.run(statement);
        await migrate(db, { migrationsFolder, migrationsTable: JOURNAL });
      };
      const runAgain = (error: unknown) => {
        if (isBusy(error)) throw error;
        // Another process migrated meanwhile, in one transaction: there is nothing left to do.
        return runMigrations([]);
      };
      const attempt = () => work(sql, (before) => runMigrations(before).catch(runAgain));
      return whileBusy(attempt, performance.now() + START_MS);
    },
    async inspect() {
      const [[version] = []] = await reader.rows("SELECT sqlite_version()", [], performance.now());
      return {
        version: `SQLite ${String(version)}`,
        clockMs: undefined,
        transport: "file",
        isVerified: undefined,
        session: undefined,
        // A file that cannot be written is not opened.
        isReadOnly: false,
      };
    },
    migrationsFolder,
    load,
    async backUp(copy) {
      // VACUUM INTO accepts an empty file: so the copy is private from the beginning.
      createPrivateFile(copy);
      await client.execute({ sql: "VACUUM INTO ?", args: [copy] });
    },
    async close() {
      reader.close();
      try {
        // A copy of the file alone is then whole. Another process may hold the log; its close will do it.
        await client.execute("PRAGMA wal_checkpoint(TRUNCATE)");
      } finally {
        client.close();
      }
    },
  };
}

async function open(url: string, path: string): Promise<Client> {
  try {
    createPrivateFile(path);
    for (const suffix of ["", "-wal", "-shm"]) makePrivate(path + suffix);
    const client = createClient({ url, concurrency: 1, timeout: BUSY_MS });
    reconnectWhenBusy(client);
    // The first process that opens the file, and the last one that closes it, have it to themselves for a moment.
    const useLog = () => client.execute("PRAGMA journal_mode = WAL");
    await whileBusy(useLog, performance.now() + START_MS);
    return client;
  } catch (cause) {
    throw new Error(
      `DATABASE_URL: ${path} cannot be opened as a SQLite database; correct the path or its permissions`,
      { cause },
    );
  }
}

/**
 * libsql does not reset a statement that failed with SQLITE_BUSY: later writes on that connection appear to succeed but
 * are never committed. So replace the connection, and run one statement at a time, so that no other is in flight on it.
 */
function reconnectWhenBusy(client: Client): void {
  const execute = client.execute.bind(client);
  const migrateAll = client.migrate.bind(client);
  let last: Promise<unknown> = Promise.resolve();
  const executeOnce = async (statement: InStatement) => {
    try {
      return await execute(statement);
    } catch (error) {
      if (isBusy(error)) await client.reconnect();
      throw faultOf(error);
    }
  };
  Object.assign(client, {
    execute(statement: InStatement) {
      const current = last.then(() => executeOnce(statement));
      // The caller sees a failure; the next statement runs regardless.
      last = current.catch(() => undefined);
      return current;
    },
    async migrate(statements: InStatement[]) {
      try {
        return await migrateAll(statements);
      } catch (error) {
        await client.reconnect();
        throw error;
      }
    },
  });
}

const isBusy = (error: unknown) =>
  findCause(error, ({ code }) => code === "SQLITE_BUSY") !== undefined;

/**
 * Repeats what fails because another process holds the lock.
 * @param deadlineMs until when, on the clock of `performance.now()`
 * @throws {@link DatabaseUnavailable} after that
 */
async function whileBusy<T>(attempt: () => PromiseLike<T>, deadlineMs: number): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (performance.now() > deadlineMs)
        throw new DatabaseUnavailable("another process has locked the file", { cause: error });
    }
    await setTimeout(50 + Math.random() * 50);
  }
}

/**
 * Makes a function that runs statements one after the other, and repeats one while another process holds the lock. Each
 * attempt blocks the event loop, so only one statement at a time makes attempts, whatever the number that waits.
 */
function writeInTurn(): Pick<Connection, "write" | "load"> {
  let unfinished = 0;
  let last: Promise<unknown> = Promise.resolve();
  let locked = false;
  const run = async <T>(statement: () => PromiseLike<T>, deadlineMs: number): Promise<T> => {
    if (locked && performance.now() > deadlineMs)
      throw new DatabaseUnavailable("another process has locked the file");
    try {
      const result = await whileBusy(statement, deadlineMs);
      locked = false;
      return result;
    } catch (error) {
      locked = isBusy(error);
      throw error;
    }
  };
  return {
    write(statement) {
      const deadlineMs = performance.now() + WRITE_MS;
      unfinished += 1;
      const current = last
        .then(() => run(statement, deadlineMs))
        .finally(() => {
          unfinished -= 1;
        });
      last = current.catch(() => undefined);
      return current;
    },
    load: () => ({ running: Math.min(1, unfinished), waiting: Math.max(0, unfinished - 1) }),
  };
}

function violatedIndex(error: unknown): string | undefined {
  const { extendedCode, message } = findCause(error, (cause) => "extendedCode" in cause) ?? {};
  if (extendedCode === "SQLITE_CONSTRAINT_PRIMARYKEY") return "PRIMARY";
  if (extendedCode !== "SQLITE_CONSTRAINT_UNIQUE") return undefined;
  // SQLite reports the column, not the index: "UNIQUE constraint failed: users.email".
  return message
    ?.match(/(\w+)\.(\w+)$/)
    ?.slice(1)
    .join("_");
}
