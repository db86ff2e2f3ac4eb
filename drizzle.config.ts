/** drizzle-kit uses the database in DATABASE_URL, as the service does. */
import { defineConfig } from "drizzle-kit";
import { JOURNAL } from "./db/journal.ts";
import { readMysqlUrl, sslOf } from "./db/mysql-url.ts";
import { createPrivateFile, sqlitePath } from "./db/sqlite-file.ts";
import { TABLES } from "./db/tables-filter.ts";
import { loadDatabaseSettings } from "./server/environment.ts";

const loaded = loadDatabaseSettings();
if (loaded.is === "invalid") throw new Error(loaded.problems.join("\n"));
const url = loaded.settings.databaseUrl;
const dialect = url.startsWith("file:") ? "sqlite" : "mysql";
if (dialect === "sqlite") createPrivateFile(sqlitePath(url));

export default defineConfig({
  dialect,
  schema: `./db/schema.${dialect}.cjs`,
  out: `./db/migrations/${dialect}`,
  casing: "snake_case",
  migrations: { table: JOURNAL },
  // An application may have tables of its own in the same database.
  tablesFilter: TABLES,
  dbCredentials: dialect === "sqlite" ? { url } : mysqlCredentials(),
});

/** drizzle-kit would ignore what the URL says about TLS. */
function mysqlCredentials() {
  const read = readMysqlUrl(url);
  if (read.is === "invalid") throw new Error(`DATABASE_URL: ${read.message}`);
  const { tls, host, port, user, password, database } = read.url;
  return { host, port, user, password, database, ...sslOf(tls) };
}
