/** Connects to MySQL, MariaDB, or a compatible server. The only file that imports `mysql2`. */
import { drizzle } from "drizzle-orm/mysql2";
import { migrate } from "drizzle-orm/mysql2/migrator";
import { createPool, type Pool } from "mysql2/promise";
import type { Connection } from "./connect.ts";
import { mysql } from "./dialects.ts";
import { findCause, retrying } from "./driver-errors.ts";
import { schema } from "./schema.ts";

const casing = "snake_case";
const migrationsFolder = `${import.meta.dirname}/migrations/mysql`;

/**
 * Connects to a `mysql://…` URL.
 * @throws if the server is unreachable or does not run in strict mode.
 */
export async function connectMysql(url: string): Promise<Connection> {
  const pool = createPool({
    uri: url,
    charset: "utf8mb4",
    // An object passed as a parameter must never become SQL.
    stringifyObjects: true,
  });
  await requireStrictMode(pool);
  // The server may be reconfigured while Tegata runs: set strict mode on every later connection too.
  pool.on("connection", (connection) => {
    connection.query("SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_TRANS_TABLES')");
  });
  const { host, pathname } = new URL(url);
  return {
    name: `MySQL, ${host}${pathname}`,
    sql: drizzle({ client: pool, casing }),
    tables: schema(mysql),
    write: retrying(
      3,
      ({ code }) => code === "ER_LOCK_DEADLOCK" || code === "ER_LOCK_WAIT_TIMEOUT",
    ),
    insertedId: (result) => (result as [{ insertId: number }])[0].insertId,
    changed: (result) => (result as [{ affectedRows: number }])[0].affectedRows,
    violatedIndex: (error) =>
      // MySQL 8 reports 'users.users_email', MariaDB 'users_email'. The message begins with the value, which the caller
      // controls: match only at the end.
      findCause(error, ({ code }) => code === "ER_DUP_ENTRY")?.message.match(
        /for key '(?:\w+\.)?(\w+)'$/,
      )?.[1],
    missingPart(error) {
      if (findCause(error, ({ code }) => code === "ER_NO_SUCH_TABLE")) return "table";
      return findCause(error, ({ code }) => code === "ER_BAD_FIELD_ERROR") && "column";
    },
    withMigrationLock: (work) => withMigrationLock(pool, work),
    close: () => pool.end(),
  };
}

/** Outside strict mode, MySQL truncates long emails and stores `?` for an emoji: two users could become one. */
async function requireStrictMode(pool: Pool): Promise<void> {
  try {
    const [rows] = await pool.query("SELECT @@SESSION.sql_mode AS mode");
    const mode = (rows as { mode: string }[])[0]?.mode ?? "";
    if (!/STRICT_(TRANS|ALL)_TABLES/.test(mode))
      throw new Error(
        "DATABASE_URL: this MySQL server does not run in strict mode; add STRICT_TRANS_TABLES to its sql_mode",
      );
  } catch (error) {
    await pool.end();
    throw error;
  }
}

/** Drizzle's migrator takes no lock, and processes that start in parallel fail in it. */
async function withMigrationLock(
  pool: Pool,
  work: Parameters<Connection["withMigrationLock"]>[0],
): Promise<void> {
  // The lock belongs to this connection, so all of the work must run on it.
  const connection = await pool.getConnection();
  try {
    const [rows] = await connection.query("SELECT GET_LOCK('tegata_migrate', 60) AS got");
    if ((rows as { got: number | null }[])[0]?.got !== 1)
      throw new Error(
        "could not get the migration lock: another process has held it for 60 seconds",
      );
    const db = drizzle({ client: connection, casing });
    await work(db, () => migrate(db, { migrationsFolder }));
  } finally {
    // Closing the connection releases the lock, whatever happened on it.
    connection.destroy();
  }
}
