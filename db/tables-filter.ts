/** For drizzle-kit in an application whose tables are in the same database: which tables are not its own. */
import { getTableName } from "drizzle-orm";
import { sqlite } from "./dialect-sqlite.ts";
import { JOURNAL } from "./journal.ts";
import { schema } from "./schema.ts";

/** The names of the tables in the schema of Tegata. */
export const TABLES: string[] = Object.values(schema(sqlite)).map((table) => getTableName(table));

/**
 * The option of the same name in your `drizzle.config.ts`. With it, `drizzle-kit push` and `pull` leave the tables of Tegata
 * alone.
 * @example export default defineConfig({ dialect: "sqlite", schema: "./schema.ts", tablesFilter });
 */
export const tablesFilter: string[] = [...TABLES, JOURNAL].map((name) => `!${name}`);
