/** What only people on a terminal see: questions, tables and progress. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createConnection } from "mysql2/promise";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { emptyFolder, useCli, useProcesses } from "../../testing/process.ts";

const runCli = useCli();
const run = useProcesses();
const HASH = "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW";
const PASSWORD = "correct horse battery";

/** `script` gives a program a terminal. */
const hasScript = (() => {
  try {
    execFileSync("script", ["--version"]);
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!hasScript)("on a terminal", () => {
  const cwd = emptyFolder();
  const env = { DATABASE_URL: `file:${join(cwd, "x.db")}`, BCRYPT_COST: "4" };
  const cli = `${process.execPath} ${resolve("dist/server/cli/index.js")}`;
  beforeAll(async () => {
    expect(await runCli(env, ["migrate"])).toMatchObject({ code: 0 });
  });
  /** Starts a command on a terminal. */
  const start = (args: string, more: Record<string, string> = {}) => {
    const fifo = join(emptyFolder(), "typed");
    execFileSync("mkfifo", [fifo]);
    // The outer shell holds the pipe open.
    const script = `exec 3<>"${fifo}"; script -qec "${cli} ${args}" /dev/null <"${fifo}"`;
    const program = run(
      { ...env, ...more, TERM: "xterm", SHELL: "/bin/sh" },
      { cwd, command: "bash", args: ["--norc", "-c", script] },
    );
    return { ...program, type: (answer: string) => writeFileSync(fifo, `${answer}\r`) };
  };
  /** Runs a command and types the answers, each when its question is printed. */
  const converse = async (args: string, answers: readonly [RegExp, string][] = []) => {
    const program = start(args);
    for (const [question, answer] of answers) {
      await program.until(question);
      program.type(answer);
    }
    const { code } = await program.ended;
    return { code, printed: program.printed().replaceAll("\r", "") };
  };

  test("a new password is asked for twice, and is not shown", async () => {
    const { code, printed } = await converse("users add ada@example.com", [
      [/New password: /, PASSWORD],
      [/Again: /, PASSWORD],
    ]);
    expect([code, printed]).toEqual([0, expect.stringContaining("added ada@example.com")]);
    expect(printed).not.toContain(PASSWORD);
    const different = await converse("users add new@example.com", [
      [/New password: /, PASSWORD],
      [/Again: /, "another good one"],
    ]);
    expect(different).toMatchObject({
      code: 1,
      printed: expect.stringContaining("passwords differ"),
    });
  });

  test("a list is a table, and a deletion is asked for", async () => {
    expect((await converse("users list")).printed).toMatch(
      /^ID {2}EMAIL {12}USERNAME {2}STATE {3}CREATED\n1 {3}ada@example\.com {2}- {9}active {2}\d/m,
    );
    expect(await converse("users delete ada@example.com", [[/Type .*: /, "no"]])).toMatchObject({
      code: 1,
      printed: expect.stringContaining("nothing was deleted"),
    });
    expect(
      await converse("users delete ada@example.com", [[/Type .*: /, "ada@example.com"]]),
    ).toMatchObject({ code: 0, printed: expect.stringContaining("deleted ada@example.com") });
  });

  test("long work shows how far it is, and the line is cleared", async () => {
    const cleared = "\u001b[K";
    const file = join(cwd, "users.jsonl");
    const row = { email: "grace@example.com", password: HASH };
    writeFileSync(file, JSON.stringify(row));
    for (const [args, progress, result] of [
      [`users import ${file}`, "1 lines", "added 1, already there 0, refused 0"],
      [`users export ${file}.csv`, "1 users", `wrote 1 user to ${file}.csv`],
      [`backup ${file}.db`, "copying the database: 0 s", `copied the database to ${file}.db`],
    ] as const) {
      const { code, printed } = await converse(args);
      expect([code, printed.split(cleared)]).toEqual([
        0,
        [expect.stringMatching(`^${progress}`), `${result}\n`],
      ]);
    }
  });

  test.runIf(inject("mariadb"))("a migration that takes long shows for how long", async () => {
    const DATABASE_URL = await (ENGINES[1] ?? expect.unreachable()).emptyDatabase();
    const other = await createConnection(DATABASE_URL);
    await other.query("SELECT GET_LOCK('tegata_migrate', 30)");
    const migration = start("migrate", { DATABASE_URL });
    await migration.until(/\rmigrating the database: 0 s\rmigrating the database: 1 s/);
    await other.end();
    expect(await migration.ended).toMatchObject({ code: 0 });
    expect(migration.printed()).toMatch(/the database is up to date: MySQL, .*\r\n$/);
  });
});
