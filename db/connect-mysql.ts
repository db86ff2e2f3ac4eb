/** Connects to MySQL, MariaDB, or a compatible server. */
import { setTimeout } from "node:timers/promises";
import { sql as raw } from "drizzle-orm";
import { drizzle } from "drizzle-orm/mysql-proxy";
import { migrate } from "drizzle-orm/mysql-proxy/migrator";
import type { Connection, Inspection } from "./connect.ts";
import { mysql } from "./dialect-mysql.ts";
import { findCause, retrying } from "./driver-errors.ts";
import { JOURNAL } from "./journal.ts";
import { isAborted } from "./mysql-errors.ts";
import { type MysqlPool, openPool, type Run } from "./mysql-pool.ts";
import { ISOLATION, SQL_MODE } from "./mysql-session.ts";
import { type MysqlUrl, readMysqlUrl, sslOf } from "./mysql-url.ts";
import { schema } from "./schema.ts";

const migrationsFolder = `${import.meta.dirname}/migrations/mysql`;
/** How long one statement of a migration may take, in milliseconds: it may rewrite a large table. */
const MIGRATION_MS = 3_600_000;
/** How long to wait for another process that migrates, in seconds. */
const LOCK_SECONDS = 60;
/** How long to wait before a migration is tried again, in milliseconds. */
const RETRY_MS = 500;

/**
 * Connects to a `mysql://…` URL.
 * @throws if the server cannot be used; the message names DATABASE_URL and says what to do.
 */
export async function connectMysql(text: string): Promise<Connection> {
  const read = readMysqlUrl(text);
  if (read.is === "invalid") throw new Error(`DATABASE_URL: ${read.message}`);
  const { url } = read;
  const { tls, ...address } = url;
  const pool = openPool({ ...address, ...sslOf(tls) });
  try {
    await pool.run({ text: "SELECT 1" });
  } catch (cause) {
    await pool.close();
    throw new Error(`DATABASE_URL: ${adviceOf(cause, url)}`, { cause });
  }
  return {
    name: `MySQL, ${placeOf(url)}/${url.database}`,
    sql: queriesOn(pool.run),
    tables: schema(mysql),
    clock: raw`unix_timestamp() * 1000`,
    rows: async (text, params, sinceMs) =>
      (await pool.run({ text, params: [...params], asArrays: true, sinceMs })).filter((row) =>
        Array.isArray(row),
      ),
    write: retrying(3, isAborted),
    insertedId: (result) => (result as [{ insertId: number }])[0].insertId,
    changed: (result) => (result as [{ affectedRows: number }])[0].affectedRows,
    violatedIndex: (error) =>
      // MySQL 8 reports 'users.users_email', MariaDB 'users_email'. The message begins with the value, which the caller
      // controls: match only at the end.
      findCause(error, ({ code }) => code === "ER_DUP_ENTRY")?.message.match(
        /for key '(?:\w+\.)?(\w+)'$/,
      )?.[1],
    isOrphan: (error) =>
      findCause(error, ({ code }) => code === "ER_NO_REFERENCED_ROW_2") !== undefined,
    missingPart(error) {
      if (findCause(error, ({ code }) => code === "ER_NO_SUCH_TABLE")) return "table";
      return findCause(error, ({ code }) => code === "ER_BAD_FIELD_ERROR") && "column";
    },
    withMigrationLock: (work) => withMigrationLock(pool, work),
    inspect: () => inspect(pool.run, url),
    migrationsFolder,
    load: pool.load,
    backUp: undefined,
    close: pool.close,
  };
}

async function inspect(run: Run, { socketPath, tls }: MysqlUrl): Promise<Inspection> {
  const read = async (text: string): Promise<unknown[]> => {
    const [row] = await run({ text, asArrays: true });
    return Array.isArray(row) ? row : [];
  };
  const [, mode] = await read("SHOW SESSION VARIABLES LIKE 'sql_mode'");
  // MySQL and MariaDB have different names for it.
  const [, isolation] = await read(
    "SHOW SESSION VARIABLES WHERE variable_name IN ('tx_isolation', 'transaction_isolation')",
  );
  const [, cipher] = await read("SHOW SESSION STATUS LIKE 'Ssl_cipher'");
  const [version, clock, isReadOnly] = await read(
    "SELECT version(), unix_timestamp(now(3)) * 1000, @@read_only",
  );
  const unprotected = socketPath === undefined ? "plain text" : "socket";
  return {
    version: `MySQL ${String(version)}`,
    clockMs: Number(clock),
    transport: cipher === "" ? unprotected : `TLS, ${String(cipher)}`,
    isVerified: cipher === "" ? undefined : tls.mode !== "REQUIRED",
    session: {
      mode: String(mode),
      isolation: String(isolation),
      isAsSet: mode === SQL_MODE && isolation === ISOLATION.replace(" ", "-"),
    },
    isReadOnly: Number(isReadOnly) !== 0,
  };
}

/** Drizzle's query builders. They build the text and the parameters; `run` sends them. */
const queriesOn = (run: Run) =>
  drizzle(
    async (text, params, method) => ({
      rows: await run({ text, params, asArrays: method === "all" }),
    }),
    { casing: "snake_case" },
  );

/** Drizzle's migrator takes no lock, and processes that start in parallel fail in it. */
function withMigrationLock(
  pool: MysqlPool,
  work: Parameters<Connection["withMigrationLock"]>[0],
): Promise<void> {
  // The lock belongs to this connection, so all of the work must run on it. Its end releases the lock.
  return pool.onOwnConnection(async (run) => {
    const patiently: Run = (statement) => run({ ...statement, deadlineMs: MIGRATION_MS });
    const sql = queriesOn(patiently);
    const runAll = async (statements: string[]) => {
      for (const text of statements) await sql.execute(text);
    };
    const migrateAll = () =>
      work(sql, async (before) => {
        for (const statement of before) await sql.execute(statement);
        await migrate(sql, runAll, { migrationsFolder, migrationsTable: JOURNAL });
      });
    if (await isGalera(run)) return untilMigrated(migrateAll);
    await takeLock(patiently);
    await migrateAll();
  });
}

/** @throws if another process keeps the lock */
async function takeLock(run: Run): Promise<void> {
  const [lock] = await run({ text: `SELECT GET_LOCK('tegata_migrate', ${LOCK_SECONDS}) AS got` });
  if (!lock || !("got" in lock) || lock["got"] !== 1)
    throw new Error(
      `could not get the migration lock: another process has held it for ${LOCK_SECONDS} seconds`,
    );
}

/** Whether the server is a node of a Galera cluster. */
async function isGalera(run: Run): Promise<boolean> {
  const [row] = await run({ text: "SHOW VARIABLES LIKE 'wsrep_on'" });
  return row !== undefined && "Value" in row && row["Value"] === "ON";
}

/**
 * Locks of Galera are those of one node. But its nodes change tables in the same order: of two processes that run the
 * same migration, one fails at the first statement that does not run twice, and waits for the other one. See decision
 * 054.
 */
async function untilMigrated(migrateAll: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + LOCK_SECONDS * 1000;
  for (;;) {
    try {
      return await migrateAll();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await setTimeout(RETRY_MS);
    }
  }
}

const placeOf = ({ host, port, socketPath }: MysqlUrl) =>
  socketPath ?? `${host.includes(":") ? `[${host}]` : host}:${port}`;

/** What to do about a server that cannot be used. */
function adviceOf(error: unknown, url: MysqlUrl): string {
  const code = findCause(error, (cause) => typeof cause.code === "string")?.code;
  const place = placeOf(url);
  switch (code) {
    case "ECONNREFUSED":
    case "ENOENT":
      return `no server listens at ${place}; start it, or correct the host and port`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `the host name ${url.host} is unknown; correct it`;
    case "ER_ACCESS_DENIED_ERROR":
    case "ER_DBACCESS_DENIED_ERROR":
      return `the server refuses the user; correct the user name and password, or grant it the database${
        url.tls.mode === "DISABLED" ? ", or write sslmode=verify-full if it needs TLS" : ""
      }`;
    case "ER_SECURE_TRANSPORT_REQUIRED":
      return "the server requires TLS; write sslmode=verify-full, or verify-ca with ssl-ca=FILE";
    case "ER_ACCOUNT_HAS_BEEN_LOCKED":
      return "the user is locked; unlock it there";
    case "ER_MUST_CHANGE_PASSWORD_LOGIN":
      return "the password of the user has expired; set a new one there, and in the URL";
    case "ER_BAD_DB_ERROR":
      return `the server has no database ${url.database}; create it, or correct the name`;
    case "HANDSHAKE_NO_SSL_SUPPORT":
      return "the server offers no TLS, which sslmode asks for; set it up there";
    default:
      return url.tls.mode === "DISABLED"
        ? `${place} cannot be used`
        : `${place} cannot be used; if its certificate is the reason, name its authority with ssl-ca=FILE`;
  }
}
