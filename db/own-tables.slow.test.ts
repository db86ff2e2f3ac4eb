/** An application with tables of its own in the database of Tegata, which it migrates with the real drizzle-kit. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { runSql } from "../testing/sql.ts";
import { openDb } from "./open.ts";

const execute = promisify(execFile);
const BIN = resolve("node_modules/drizzle-kit/bin.cjs");

const CORE = {
  sqlite: {
    imports: `import { integer as id, sqliteTable as table, text } from "drizzle-orm/sqlite-core";`,
    reference: "id()",
    key: "id().primaryKey({ autoIncrement: true })",
    text: "text()",
  },
  mysql: {
    imports: `import { bigint, mysqlTable as table, varchar } from "drizzle-orm/mysql-core";`,
    reference: `bigint({ mode: "number" })`,
    key: `bigint({ mode: "number" }).autoincrement().primaryKey()`,
    text: "varchar({ length: 100 })",
  },
};

/** The folder of an application, with its schema and its `drizzle.config.ts`. */
function application(url: string) {
  const dialect = url.startsWith("file:") ? "sqlite" : "mysql";
  const { imports, reference, key, text } = CORE[dialect];
  const folder = mkdtempSync(join(tmpdir(), "tegata-application-"));
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  writeFileSync(
    join(folder, "drizzle.config.ts"),
    `import { tablesFilter } from ${JSON.stringify(resolve("db/tables-filter.ts"))};
export default {
  dialect: "${dialect}", schema: "./schema.ts", out: "./migrations", casing: "snake_case",
  dbCredentials: { url: ${JSON.stringify(url)} },
  tablesFilter,
};`,
  );
  return {
    /** Writes a schema with the table `notes`. @param more further columns, and further tables */
    write: (more: { columns: string; tables?: string }) =>
      writeFileSync(
        join(folder, "schema.ts"),
        `${imports}
// Not exported: it is not a table of this application.
const users = table("users", { id: ${key} });
export const notes = table("notes", {
  id: ${key},
  userId: ${reference}.notNull().references(() => users.id, { onDelete: "cascade" }),
  ${more.columns.replaceAll("TEXT", text)}
});
${more.tables?.replaceAll("TEXT", text).replaceAll("KEY", key) ?? ""}`,
      ),
    kit: async (...args: string[]) => {
      const { stdout, stderr } = await execute(process.execPath, [BIN, ...args], { cwd: folder });
      return stdout + stderr;
    },
    newestMigration() {
      const names = readdirSync(join(folder, "migrations")).filter((name) => name.endsWith(".sql"));
      return readFileSync(join(folder, "migrations", String(names.sort().at(-1))), "utf8");
    },
  };
}

/** Runs the drizzle-kit of Tegata itself. */
const tegataKit = async (DATABASE_URL: string, ...args: string[]) => {
  const env = { PATH: process.env["PATH"], DATABASE_URL };
  const { stdout, stderr } = await execute(process.execPath, [BIN, ...args], { env });
  return stdout + stderr;
};

/** What push would do. Without a terminal to ask for consent, drizzle-kit prints it and fails. */
const planOf = (pushed: Promise<string>) =>
  pushed.catch((error: { stdout: string; stderr: string }) => error.stdout + error.stderr);

/** The tables that the statements of a plan name. */
const tablesIn = (plan: string) =>
  [
    ...plan.matchAll(
      /^(?:ALTER|CREATE|DROP|TRUNCATE|DELETE|INSERT)\b.*?(?:TABLE|FROM|INTO|ON) `?(\w+)/gim,
    ),
  ].map(([, name = ""]) => name);

const user = {
  ...{ email: "a@b.c", username: "a", usernameKey: "a", fullName: null },
  ...{ passwordHash: "x", createdAtMs: 1 },
};

describe.each(ENGINES)("an application with tables of its own on $name", (engine) => {
  const open = (url: string) => openDb(url, { migrate: true });

  test("generates, migrates and pushes them, and the tables of Tegata stay as they are", async () => {
    const url = await engine.emptyDatabase();
    const db = await open(url);
    const added = await db.users.add(user);
    if (added.is !== "added") expect.unreachable();
    const { write, kit, newestMigration } = application(url);

    write({ columns: "title: TEXT," });
    await kit("generate", "--name", "first");
    expect(newestMigration().match(/CREATE TABLE|ALTER TABLE|DROP/g)).toContain("CREATE TABLE");
    expect(newestMigration()).not.toMatch(/CREATE TABLE `users`/);
    await kit("migrate");
    // Its own journal, in which nothing of Tegata is.
    expect(await runSql(url, "SELECT hash FROM __drizzle_migrations")).toHaveLength(1);
    await runSql(url, `INSERT INTO notes (user_id, title) VALUES (${added.id}, 'x')`);

    write({ columns: "title: TEXT,", tables: `export const tags = table("tags", { id: KEY });` });
    const named = tablesIn(await planOf(kit("push", "--verbose", "--strict")));
    expect(named).toContain("tags");
    // drizzle-kit would also change the keys of any table of MariaDB: see decision 007.
    expect(named.filter((name) => !["notes", "tags"].includes(name))).toEqual([]);
    if (engine.name === "SQLite") {
      await kit("push", "--force");
      await runSql(url, "INSERT INTO tags (id) VALUES (1)");
    }
    const ours = tablesIn(await planOf(tegataKit(url, "push", "--verbose", "--strict")));
    expect(ours.filter((name) => ["notes", "tags", "tegata_migrations"].includes(name))).toEqual(
      [],
    );

    const again = await open(url);
    expect(await again.users.find(added.id)).toMatchObject({ email: "a@b.c" });
    expect(await runSql(url, "SELECT title FROM notes")).toMatchObject([{ title: "x" }]);
    expect(await again.users.remove(added.id, user.passwordHash)).toBe(true);
    expect(await runSql(url, "SELECT * FROM notes")).toEqual([]);
    await again.close();
    await db.close();
  }, 120_000);
});
