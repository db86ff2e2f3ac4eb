/**
 * `npm run db:generate <name>`: generates the migrations of both dialects, under the same name. drizzle-kit gets flags
 * instead of `drizzle.config.ts`, which is about one database and creates its file.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const DIALECTS = ["mysql", "sqlite"];

const name = process.argv[2] ?? "";
if (!/^[a-z0-9_]+$/.test(name)) {
  console.error(
    "Give the migration a name of lowercase letters, digits and underscores, for example: npm run db:generate add_notes",
  );
  process.exit(1);
}

const tagsBefore = new Map(DIALECTS.map((dialect) => [dialect, lastTag(dialect)]));
for (const dialect of DIALECTS) generate(dialect);
const unchanged = DIALECTS.filter((dialect) => lastTag(dialect) === tagsBefore.get(dialect));
// A change such as a longer text affects MySQL only. A migration without effect keeps the two journals equal.
if (unchanged.length < DIALECTS.length) unchanged.forEach(generateEmpty);

function generate(dialect: string, ...flags: string[]): void {
  execFileSync(
    "drizzle-kit",
    [
      ...["generate", "--name", name, "--dialect", dialect, "--casing", "snake_case"],
      ...["--schema", `db/schema.${dialect}.cjs`, "--out", `db/migrations/${dialect}`],
      ...flags,
    ],
    { stdio: "inherit" },
  );
}

function generateEmpty(dialect: string): void {
  generate(dialect, "--custom");
  // MySQL rejects a migration that contains only a comment.
  const sql = "-- Nothing to change in this dialect.\nSELECT 1;\n";
  writeFileSync(`db/migrations/${dialect}/${lastTag(dialect)}.sql`, sql);
}

function lastTag(dialect: string): string | undefined {
  const journal = readFileSync(`db/migrations/${dialect}/meta/_journal.json`, "utf8");
  return (JSON.parse(journal) as { entries: { tag: string }[] }).entries.at(-1)?.tag;
}
