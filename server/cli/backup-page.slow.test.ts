/** The commands of docs/backup.md: what was backed up comes back, and no id is given twice. */
import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { type Db, openDb } from "../../db/open.ts";
import { sqlitePath } from "../../db/sqlite-file.ts";
import { ENGINES } from "../../testing/engines.ts";
import { emptyFolder, useProcesses } from "../../testing/process.ts";
import { openPage } from "../../testing/snippets.ts";
import { runSql } from "../../testing/sql.ts";

const run = useProcesses();
const page = openPage("docs/backup.md");
const [copy, dump, restore] = [1, 2, 3].map(() => page.take("sh").text);
const [raiseSqlite, raiseMysql] = [1, 2].map(() => page.take("sql").text);
const [sqlite = expect.unreachable(), mysql] = ENGINES;

/** Runs a command of the page. @param programs functions of bash that stand in for what is not here */
async function bash(cwd: string, command: string, programs: string, env: Record<string, string>) {
  const args = ["--norc", "-euc", `${programs}\n${command}`];
  const program = run(env, { cwd, command: "bash", args });
  expect(await program.ended, program.printed()).toMatchObject({ code: 0 });
}

/** Adds a user. @returns the id */
async function add(db: Db, email: string): Promise<number> {
  const user = { email, username: null, fullName: null, passwordHash: "x", createdAtMs: 1 };
  const added = await db.users.add(user);
  return added.is === "added" ? added.id : expect.unreachable();
}

/** Expects that only the first user is there, and that the next one gets an id above 2000. */
async function expectRestored(url: string): Promise<void> {
  const db = await openDb(url, { migrate: true });
  expect(await db.users.list(0, 9)).toMatchObject([{ email: "kept@example.com" }]);
  expect(await add(db, "next@example.com")).toBe(2001);
  await db.close();
}

test("SQLite", async () => {
  const [url, folder] = [await sqlite.emptyDatabase(), emptyFolder()];
  const db = await openDb(url, { migrate: true });
  await add(db, "kept@example.com");
  const npx = `npx() { shift; ${process.execPath} ${resolve("bin/tegata.js")} "$@"; }`;
  await bash(folder, copy ?? "", npx, { DATABASE_URL: url });
  await add(db, "lost@example.com");
  await db.close();
  // As `install` does it, which writes a new file.
  rmSync(sqlitePath(url));
  copyFileSync(join(folder, copy?.match(/\S+\.db/)?.[0] ?? ""), sqlitePath(url));
  await runSql(url, raiseSqlite ?? "");
  await expectRestored(url);
});

test.runIf(mysql)("MySQL and MariaDB", async () => {
  const [url, folder] = [(await mysql?.emptyDatabase()) ?? "", emptyFolder()];
  const db = await openDb(url, { migrate: true });
  const { hostname, port, username, password, pathname } = new URL(url);
  writeFileSync(join(folder, ".my.cnf"), `[client]\nhost=${hostname}\nport=${port}\n`);
  // What the container has, and where the server is instead of it.
  const env = {
    ...{ MYSQL_USER: username, MYSQL_PASSWORD: password, MYSQL_DATABASE: pathname.slice(1) },
    HOME: folder,
  };
  const docker = 'docker() { [[ "$*" = "compose exec -T mysql "* ]]; shift 4; "$@"; }';
  await add(db, "kept@example.com");
  await bash(folder, dump ?? "", docker, env);
  await add(db, "lost@example.com");
  await db.close();
  await bash(folder, restore ?? "", docker, env);
  await runSql(url, raiseMysql ?? "");
  await expectRestored(url);
});
