/**
 * A build of the next version: the build of this one, with one more migration that does everything that decision 053
 * allows, and with a schema that needs it.
 */
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { emptyFolder } from "./process.ts";

const Journal = z.looseObject({
  entries: z.array(z.looseObject({ idx: z.number(), when: z.number(), tag: z.string() })),
});

/** What the migration does on both engines: columns with and without a default, a table and an index. */
const STATEMENTS = [
  "ALTER TABLE users ADD COLUMN next_name VARCHAR(100)",
  "ALTER TABLE sessions ADD COLUMN next_flag INTEGER NOT NULL DEFAULT 0",
  "ALTER TABLE refresh_tokens ADD COLUMN next_count BIGINT NOT NULL DEFAULT 7",
  "CREATE TABLE next_things (id INTEGER PRIMARY KEY)",
  "CREATE INDEX next_index ON refresh_tokens (created_at_ms)",
];
/** What it does where texts have a length: it widens one. */
const MORE = { sqlite: [], mysql: ["ALTER TABLE users MODIFY full_name VARBINARY(900)"] };

/** The columns that its code reads in every user and every refresh token, by the line of the schema that they follow. */
const COLUMNS = {
  "passwordHash: text(255).notNull(),": "nextName: text(100),",
  "childHash: text(43),": "nextCount: count().notNull().default(7),",
};

/**
 * Makes the build.
 * @param options without its `migration`, it is a build that was not made completely
 * @returns its main program
 */
export function buildNextVersion({ migration = true } = {}): string {
  const folder = emptyFolder();
  const inBuild = (path: string) => join(folder, "dist", path);
  cpSync("dist", inBuild("."), { recursive: true });
  cpSync("package.json", join(folder, "package.json"));
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  for (const [line, column] of Object.entries(COLUMNS))
    rewrite(inBuild("db/schema.js"), (schema) => schema.replace(line, `${line} ${column}`));
  if (migration)
    for (const dialect of ["sqlite", "mysql"] as const) {
      const statements = [...STATEMENTS, ...MORE[dialect]];
      const path = inBuild(`db/migrations/${dialect}`);
      writeFileSync(`${path}/next.sql`, statements.join(";--> statement-breakpoint\n"));
      rewrite(`${path}/meta/_journal.json`, addToJournal);
    }
  return inBuild("server/main.js");
}

function addToJournal(text: string): string {
  const journal = Journal.parse(JSON.parse(text));
  const last = journal.entries.at(-1);
  if (!last) throw new Error("there is no migration");
  const next = { ...last, idx: last.idx + 1, when: last.when + 1, tag: "next" };
  return JSON.stringify({ ...journal, entries: [...journal.entries, next] });
}

/** @throws if that changes nothing */
function rewrite(path: string, change: (text: string) => string): void {
  const before = readFileSync(path, "utf8");
  const after = change(before);
  if (after === before) throw new Error(`${path} does not have what is replaced in it`);
  writeFileSync(path, after);
}
