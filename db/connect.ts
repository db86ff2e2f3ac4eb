/** From a URL to a connection that hides the differences between the engines. */
import type { SQL } from "drizzle-orm";
import type { MySqlRemoteDatabase } from "drizzle-orm/mysql-proxy";
import type { Tables } from "./schema.ts";

/** Drizzle's query builders. */
export type Sql = Pick<MySqlRemoteDatabase, "select" | "insert" | "update" | "delete">;

/** How busy a database is. */
export interface Load {
  /** How many statements run. */
  running: number;
  /** How many wait until they can. */
  waiting: number;
}

/** A connection to either engine. Queries are written against this interface and know no dialect. */
export interface Connection {
  /** The engine and its location, for display. Contains no password. */
  readonly name: string;
  readonly sql: Sql;
  readonly tables: Tables;
  /** The database's own clock as an expression: epoch milliseconds, accurate to a second. */
  readonly clock: SQL<number>;
  /**
   * Runs a query whose text has been built before, and returns each row as an array of what the driver reads. For the
   * query of every request: drizzle takes longer than the driver.
   * @param sinceMs since when somebody has been waiting for it, on the clock of `performance.now()`
   */
  rows(text: string, params: readonly string[], sinceMs: number): Promise<unknown[][]>;
  /** Runs a statement that writes. Retries it a few times if the engine aborts it because of a deadlock or a lock. */
  write<T>(statement: () => PromiseLike<T>): Promise<T>;
  /** The `serial` that an insert generated. */
  insertedId(result: unknown): number;
  /** The number of rows that an update or delete changed. */
  changed(result: unknown): number;
  /** The unique index that an insert or update violated, or `PRIMARY`; undefined for any other error. */
  violatedIndex(error: unknown): string | undefined;
  /** Whether an insert failed because the row that it belongs to does not exist. */
  isOrphan(error: unknown): boolean;
  /** What a query failed for, because it does not exist; undefined for any other error. */
  missingPart(error: unknown): "table" | "column" | undefined;
  /**
   * Calls `work` with query builders and a function that runs some statements and the pending migrations. On MySQL, other
   * processes wait until `work` is done; on SQLite, all pending migrations are one transaction.
   * @throws on MySQL if another process holds the lock for more than 60 seconds.
   */
  withMigrationLock(
    work: (sql: Sql, runMigrations: (before: readonly SQL[]) => Promise<void>) => Promise<void>,
  ): Promise<void>;
  /** What an operator should know about the server and the connection. */
  inspect(): Promise<Inspection>;
  /** The folder of the generated migrations. */
  readonly migrationsFolder: string;
  /** What the connection is doing. */
  load(): Load;
  /** Copies the whole database to a new file while it is in use; undefined on MySQL, which has tools for it. */
  readonly backUp: ((path: string) => Promise<void>) | undefined;
  close(): Promise<void>;
}

/** What an operator should know about a database. */
export interface Inspection {
  /** The engine and its version. */
  version: string;
  /** Its clock, in epoch milliseconds; undefined if it is that of this machine. */
  clockMs: number | undefined;
  /** How the connection is protected. */
  transport: "file" | "socket" | "plain text" | `TLS, ${string}`;
  /** Whether the certificate of the server is checked; undefined if there is none. */
  isVerified: boolean | undefined;
  /** The state of a connection, which a proxy in front of the server may change; undefined on SQLite, which has none. */
  session: { mode: string; isolation: string; isAsSet: boolean } | undefined;
  /** Whether it refuses to write. */
  isReadOnly: boolean;
}

/**
 * Connects to `file:…` (SQLite) or `mysql://…` (MySQL, MariaDB, or a compatible server).
 * @param options whether a SQLite file must exist; otherwise it is created
 * @throws if the database cannot be used; the message names DATABASE_URL and says what to do
 */
export async function connect(
  url: string,
  options: { mustExist?: boolean } = {},
): Promise<Connection> {
  // A driver takes longer to load than the rest of a command, and only one is needed.
  if (url.startsWith("file:"))
    return (await import("./connect-sqlite.ts")).connectSqlite(url, options);
  return (await import("./connect-mysql.ts")).connectMysql(url);
}

/**
 * Runs an insert unless its primary key exists.
 * @returns whether the row was inserted.
 */
export async function insertOnce(
  { write, violatedIndex }: Connection,
  insert: () => PromiseLike<unknown>,
): Promise<boolean> {
  try {
    await write(insert);
    return true;
  } catch (error) {
    if (violatedIndex(error) === "PRIMARY") return false;
    throw error;
  }
}

/**
 * Inserts a row that belongs to an account. If the account has just been deleted, that is no error: a moment earlier, the
 * row would have been inserted and deleted with it.
 * @param gone what to return then
 */
export async function insertUnlessGone<T>(
  { isOrphan }: Connection,
  insert: () => Promise<T>,
  gone: T,
): Promise<T> {
  try {
    return await insert();
  } catch (error) {
    if (isOrphan(error)) return gone;
    throw error;
  }
}
