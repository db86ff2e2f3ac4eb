/** From a URL to a connection. The only file that imports a driver; what differs between the engines ends here. */
import { setTimeout } from "node:timers/promises";
import { type Client, createClient, type InStatement } from "@libsql/client";
import { drizzle as drizzleLite } from "drizzle-orm/libsql";
import { migrate as migrateLite } from "drizzle-orm/libsql/migrator";
import { drizzle as drizzleMysql, type MySql2Database } from "drizzle-orm/mysql2";
import { migrate as migrateMysql } from "drizzle-orm/mysql2/migrator";
import { createPool } from "mysql2/promise";
import { schema, type Tables } from "./schema.ts";
import { createPrivateFile, sqlitePath } from "./sqlite-file.ts";
import { mysql, sqlite } from "./words.ts";

/** What queries are written with. */
export type Sql = Pick<MySql2Database, "select" | "insert" | "update" | "delete">;

/** One engine behind one face. The queries are written against this and know no dialect. */
export interface Connection {
  /** The engine and the place, for people to read; holds no password. */
  readonly name: string;
  readonly sql: Sql;
  readonly tables: Tables;
  /** Runs a statement that writes; again, a few times, when the engine gave it up for another one (a deadlock, a lock). */
  write<T>(statement: () => PromiseLike<T>): Promise<T>;
  /** The `serial` that an insert was given. */
  insertedId(result: unknown): number;
  /** How many rows an update or delete changed. */
  changed(result: unknown): number;
  /** The name of the unique index, or `PRIMARY`, that refused an insert or update; undefined for any other error. */
  brokenUnique(error: unknown): string | undefined;
  /** Whether a query failed because its table is not there. */
  isMissingTable(error: unknown): boolean;
  /**
   * Gives `work` the way to look at the database and to run the generated migrations that it has not seen. On MySQL no
   * other process is let in before it has ended; on SQLite all of the migrations are one transaction.
   */
  migrating(work: (sql: Sql, migrate: () => Promise<void>) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

const casing = "snake_case";
const migrations = (dialect: string) => ({
  migrationsFolder: `${import.meta.dirname}/migrations/${dialect}`,
});

/**
 * Connects to `file:…` (SQLite) or `mysql://…` (MySQL, MariaDB and what speaks their protocol).
 * @throws when the database cannot be reached, or is a MySQL that does not run in strict mode.
 */
export function connect(url: string): Promise<Connection> {
  return url.startsWith("file:") ? connectSqlite(url) : connectMysql(url);
}

/** Drizzle wraps what a driver throws: walks from an error down to the one that satisfies `found`. */
function inCauses(error: unknown, found: (cause: DriverError) => boolean): DriverError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (found(cause)) return cause;
  }
  return undefined;
}
interface DriverError extends Error {
  code?: unknown;
  extendedCode?: unknown;
}

/** An engine that gives up a statement has undone it whole: it can be said again. */
const writer =
  (tries: number, isGivenUp: (cause: DriverError) => boolean): Connection["write"] =>
  async (statement) => {
    for (let left = tries; ; left -= 1) {
      try {
        return await statement();
      } catch (error) {
        if (left === 1 || !inCauses(error, isGivenUp)) throw error;
        await setTimeout(50 + Math.random() * 50);
      }
    }
  };

/** Runs an insert. @returns whether it was done; false when there is a row of that primary key already */
export async function insertOnce(
  { write, brokenUnique }: Connection,
  insert: () => PromiseLike<unknown>,
): Promise<boolean> {
  try {
    await write(insert);
    return true;
  } catch (error) {
    if (brokenUnique(error) === "PRIMARY") return false;
    throw error;
  }
}

async function connectMysql(url: string): Promise<Connection> {
  const pool = createPool({
    uri: url,
    charset: "utf8mb4",
    // An object as a parameter must never become SQL.
    stringifyObjects: true,
  });
  await refuseLaxMode(pool);
  // Strict it is at the start; another default later on must not change that.
  pool.on("connection", (connection) => {
    connection.query("SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_TRANS_TABLES')");
  });
  const db = drizzleMysql({ client: pool, casing });
  const { host, pathname } = new URL(url);
  return {
    name: `MySQL, ${host}${pathname}`,
    sql: db,
    tables: schema(mysql),
    write: writer(3, ({ code }) => code === "ER_LOCK_DEADLOCK" || code === "ER_LOCK_WAIT_TIMEOUT"),
    insertedId: (result) => (result as [{ insertId: number }])[0].insertId,
    changed: (result) => (result as [{ affectedRows: number }])[0].affectedRows,
    brokenUnique: (error) =>
      // MySQL 8 says 'users.users_email', MariaDB 'users_email'. The value comes first and is the caller's: read the end.
      inCauses(error, ({ code }) => code === "ER_DUP_ENTRY")?.message.match(
        /for key '(?:\w+\.)?(\w+)'$/,
      )?.[1],
    isMissingTable: (error) =>
      inCauses(error, ({ code }) => code === "ER_NO_SUCH_TABLE") !== undefined,
    async migrating(work) {
      // Drizzle's migrator takes no lock, and parallel starts collide in it. The lock belongs to the connection.
      const connection = await pool.getConnection();
      try {
        const [rows] = await connection.query("SELECT GET_LOCK('tegata_migrate', 60) AS got");
        if ((rows as { got: number | null }[])[0]?.got !== 1)
          throw new Error("another process has been migrating this database for 60 seconds");
        const held = drizzleMysql({ client: connection, casing });
        await work(held, () => migrateMysql(held, migrations("mysql")));
      } finally {
        // Closing the connection frees the lock, whatever has happened on it.
        connection.destroy();
      }
    },
    close: () => pool.end(),
  };
}

/** Without strict mode MySQL cuts a long email to length and stores `?` for an emoji: two people could become one. */
async function refuseLaxMode(pool: ReturnType<typeof createPool>): Promise<void> {
  try {
    const [rows] = await pool.query("SELECT @@SESSION.sql_mode AS mode");
    const mode = (rows as { mode: string }[])[0]?.mode ?? "";
    if (!/STRICT_(TRANS|ALL)_TABLES/.test(mode))
      throw new Error(
        "DATABASE_URL: this MySQL does not run in strict mode; add STRICT_TRANS_TABLES to its sql_mode",
      );
  } catch (error) {
    await pool.end();
    throw error;
  }
}

/** libsql waits for a lock synchronously, and all else with it: it is better to come back. */
const BUSY_MS = 50;

/**
 * libsql does not reset a statement that failed with SQLITE_BUSY: whatever is written on that connection afterwards is
 * answered well and never committed. Such a connection is thrown away. Statements take turns, so that nobody else is on it.
 */
function resetWhenBusy(client: Client): void {
  const execute = client.execute.bind(client);
  let turn: Promise<unknown> = Promise.resolve();
  const once = async (statement: InStatement) => {
    try {
      return await execute(statement);
    } catch (error) {
      if (inCauses(error, ({ code }) => code === "SQLITE_BUSY")) await client.reconnect();
      throw error;
    }
  };
  Object.assign(client, {
    execute(statement: InStatement) {
      const mine = turn.then(() => once(statement));
      // Whoever asked is told; the next one has its turn all the same.
      turn = mine.catch(() => undefined);
      return mine;
    },
  });
}

async function connectSqlite(url: string): Promise<Connection> {
  const path = sqlitePath(url);
  createPrivateFile(path);
  const client = createClient({ url, concurrency: 1, timeout: BUSY_MS });
  resetWhenBusy(client);
  await client.execute("PRAGMA journal_mode = WAL");
  const db = drizzleLite({ client, casing });
  const sql = db as unknown as Sql;
  const write = writer(30, ({ code }) => code === "SQLITE_BUSY");
  return {
    name: `SQLite, ${path}`,
    sql,
    tables: schema(sqlite),
    write,
    insertedId: (result) => Number((result as { lastInsertRowid: bigint }).lastInsertRowid),
    changed: (result) => (result as { rowsAffected: number }).rowsAffected,
    brokenUnique(error) {
      const { extendedCode, message } = inCauses(error, (cause) => "extendedCode" in cause) ?? {};
      if (extendedCode === "SQLITE_CONSTRAINT_PRIMARYKEY") return "PRIMARY";
      if (extendedCode !== "SQLITE_CONSTRAINT_UNIQUE") return undefined;
      // SQLite names the column, not the index: "UNIQUE constraint failed: users.email".
      return message
        ?.match(/(\w+)\.(\w+)$/)
        ?.slice(1)
        .join("_");
    },
    isMissingTable: (error) =>
      inCauses(
        error,
        ({ code, message }) => code === "SQLITE_ERROR" && /no such table/.test(message),
      ) !== undefined,
    // Who loses a race for the transaction finds the work done at the second look.
    migrating: (work) => {
      const migrate = () => write(() => migrateLite(db, migrations("sqlite")));
      return work(sql, () => migrate().catch(migrate));
    },
    async close() {
      client.close();
    },
  };
}
