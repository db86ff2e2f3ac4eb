/** Decision 053: this version, while the next one has migrated the database; and the next one, on the tables of this one. */
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { logIn, refresh, register, work } from "../testing/accounts-load.ts";
import { ENGINES } from "../testing/engines.ts";
import { emptyFolder, useProcesses } from "../testing/process.ts";
import { SECRET_KEY } from "../testing/service.ts";
import { runSql } from "../testing/sql.ts";

const run = useProcesses();
const Journal = z.looseObject({ entries: z.array(z.unknown()) });

/** What a migration of the next version may do: it only adds. */
const NEXT = [
  "ALTER TABLE users ADD COLUMN next_name VARCHAR(100)",
  "ALTER TABLE sessions ADD COLUMN next_count INTEGER NOT NULL DEFAULT 7",
  "CREATE TABLE next_things (id INTEGER PRIMARY KEY)",
  "CREATE INDEX next_index ON refresh_tokens (created_at_ms)",
];

describe.each(ENGINES)("a rolling update on $name", (engine) => {
  const start = async (databaseUrl: string, more: Record<string, string> = {}) => {
    const env = { PORT: "0", DATABASE_URL: databaseUrl, SECRET_KEY, BCRYPT_COST: "4", ...more };
    const service = run(env);
    const listening = async () =>
      (await service.until(/listening on (http:\/\/127\.0\.0\.1:\d+)$/m))[1] ?? "";
    return { service, listening };
  };

  test("this version works while and after the next one adds to the tables", async () => {
    const databaseUrl = await engine.emptyDatabase();
    const old = await start(databaseUrl);
    const url = await old.listening();
    let migrating: Promise<unknown> | undefined;
    const accounts = await work(url, "before", 120, (count) => {
      if (count === 40) migrating = runSql(databaseUrl, ...NEXT);
    });
    await migrating;
    expect(accounts.map(({ isConfirmed }) => isConfirmed)).not.toContain(false);
    expect(old.service.printed()).not.toMatch(/"status":5|"aborted"/);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);

    // And it can start on them: the way back.
    const another = await start(databaseUrl);
    const secondUrl = await another.listening();
    const [account = expect.unreachable()] = accounts;
    const { refreshToken = "" } = await logIn(secondUrl, account.email);
    // The two serve the same session.
    expect((await refresh(url, refreshToken)).status).toBe(200);
    expect((await register(secondUrl, "after@example.com")).status).toBe(200);
    expect(
      await runSql(databaseUrl, "SELECT COUNT(*) AS n FROM sessions WHERE next_count <> 7"),
    ).toEqual([{ n: 0 }]);
    for (const { service } of [old, another]) service.signal("SIGTERM");
    for (const { service } of [old, another])
      expect(await service.ended).toEqual({ code: 0, signal: null });
  });

  test("a version on the tables of the one before does not start without migrating, and says what to do", async () => {
    const databaseUrl = await engine.emptyDatabase();
    // It migrates, and then finds that something is missing.
    const before = run(
      { PORT: "0", DATABASE_URL: databaseUrl, SECRET_KEY },
      { args: [join(buildWithoutLastMigration(), "server/main.js")] },
    );
    expect(await before.ended).toEqual({ code: 1, signal: null });
    expect(before.printed()).toMatch(/lacks a table or column/);
    const unmigrated = await start(databaseUrl, { MIGRATE_ON_START: "false" });
    expect(await unmigrated.service.ended).toEqual({ code: 1, signal: null });
    expect(unmigrated.service.printed()).toMatch(/lacks a table or column.*npm run db:migrate/);

    const migrated = await start(databaseUrl);
    const url = await migrated.listening();
    expect((await register(url, "ada@example.com")).status).toBe(200);
    migrated.service.signal("SIGTERM");
    await migrated.service.ended;
  });
});

/** Copies the build, without its last migration. */
function buildWithoutLastMigration(): string {
  const folder = emptyFolder();
  cpSync("dist", join(folder, "dist"), { recursive: true });
  cpSync("package.json", join(folder, "package.json"));
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  for (const dialect of ["sqlite", "mysql"]) {
    const path = join(folder, "dist/db/migrations", dialect, "meta/_journal.json");
    const journal = Journal.parse(JSON.parse(readFileSync(path, "utf8")));
    writeFileSync(path, JSON.stringify({ ...journal, entries: journal.entries.slice(0, -1) }));
  }
  return join(folder, "dist");
}
