/** drizzle-kit uses the database in DATABASE_URL, as the service does. */
import { defineConfig } from "drizzle-kit";
import { createPrivateFile, sqlitePath } from "./db/sqlite-file.ts";
import { loadDatabaseSettings } from "./server/settings.ts";

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
  dbCredentials: { url },
});
