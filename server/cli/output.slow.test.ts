/** Commands whose output ends before they do, and commands that fail before they begin: what they changed is whole, and they say so. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { openDb } from "../../db/open.ts";
import { ENGINES } from "../../testing/engines.ts";
import { emptyFolder, useCli, useProcesses } from "../../testing/process.ts";
import { runSql } from "../../testing/sql.ts";

const run = useProcesses();
const runCli = useCli();
const HASH = "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW";
const tegata = `${process.execPath} ${resolve("dist/server/cli/index.js")}`;

/** Makes an empty database. @returns its URL */
async function emptyDatabase(): Promise<string> {
  const url = `file:${join(emptyFolder(), "x.db")}`;
  await (await openDb(url, { migrate: true })).close();
  return url;
}

/** Runs a line of bash, in which `tegata` is the command. Its code is that of the first program of a pipe that fails. */
async function bash(DATABASE_URL: string, line: string, cwd = emptyFolder()) {
  const script = `set -o pipefail; tegata() { ${tegata} "$@"; }; ${line}`;
  const args = ["--norc", "-c", script];
  const program = run({ DATABASE_URL }, { command: "bash", args, cwd });
  const { code } = await program.ended;
  return { code, stdout: program.printedTo("stdout"), stderr: program.printedTo("stderr") };
}

describe("with users to print", () => {
  let url: string;
  beforeAll(async () => {
    url = await emptyDatabase();
    const lines = Array.from({ length: 2500 }, (_, i) => `user${i}@example.com,${HASH}\n`);
    const table = `email,password\n${lines.join("")}`;
    expect(await runCli({ DATABASE_URL: url }, ["users", "import", "-"], table)).toMatchObject({
      code: 0,
    });
  });

  test.each([
    "users list",
    "users list --json",
    "users export -",
    "users export - --json",
    "users show user1@example.com",
    "clients add a --grants client_credentials --scopes me",
    "--help",
  ])("tegata %s > /dev/full says why, and exits with 1", async (line) => {
    const { code, stderr } = await bash(url, `tegata ${line} > /dev/full`);
    expect(stderr).toMatch(/^[^\n]*ENOSPC[^\n]*\n$/);
    expect(code).toBe(1);
  });

  /** In a user namespace of its own, a process may mount a small disk. */
  const canMount =
    spawnSync("unshare", ["-Urm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0;
  // 100 users are one write, of which there is room for the beginning.
  test.runIf(canMount).each(["users list", "users list --json", "users export -"])(
    "tegata %s > a disk that becomes full says why, and exits with 1",
    async (line) => {
      const fill = `mkdir disk && mount -t tmpfs -o size=4k tmpfs disk && ${tegata} ${line} > disk/file`;
      const { code, stderr } = await bash(url, `unshare -Urm sh -c '${fill}'`);
      expect(stderr).toMatch(/^[^\n]*ENOSPC[^\n]*\n$/);
      expect(code).toBe(1);
    },
  );

  test.each(["users list --limit 2500", "users list --limit 2500 --json", "users export -"])(
    "tegata %s | head -1 is done when head is",
    async (line) => {
      const { code, stdout, stderr } = await bash(url, `tegata ${line} | head -1`);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout.split("\n").length).toBe(2);
    },
  );
});

describe("users import", () => {
  // The refused lines are more than a pipe holds.
  const batch = `${"no address,x\n".repeat(499)}%@example.com,${HASH}\n`;
  const table = `email,password\n${Array.from({ length: 10 }, (_, i) => batch.replace("%", `user${i}`)).join("")}`;

  test.each(["users.csv | head -1", "users.csv --json | head -1", "users.csv > /dev/full"])(
    "%s adds every user, and records it",
    async (rest) => {
      const url = await emptyDatabase();
      const folder = emptyFolder();
      writeFileSync(join(folder, "users.csv"), table);
      const { code, stderr } = await bash(url, `tegata users import ${rest}`, folder);
      expect(code).toBe(1);
      expect(stderr).toContain("some lines were refused");
      const db = await openDb(url, { migrate: false });
      expect(await db.users.list(0, 99)).toHaveLength(10);
      expect(await db.events.list({}, { limit: 9 })).toMatchObject([
        { type: "users_imported", detail: "10" },
      ]);
      await db.close();
    },
  );
});

test.each(ENGINES)(
  "a command on $name ends if the accounts of an earlier version cannot be read in",
  async (engine) => {
    const DATABASE_URL = await engine.emptyDatabase();
    const db = await openDb(DATABASE_URL, { migrate: true });
    const names = { username: "ada", usernameKey: "ada", fullName: null };
    await db.users.add({ email: "ada@example.com", ...names, passwordHash: HASH, createdAtMs: 1 });
    await db.close();
    await runSql(DATABASE_URL, "UPDATE users SET username_key = NULL");
    await runSql(
      DATABASE_URL,
      DATABASE_URL.startsWith("file:")
        ? "CREATE TRIGGER refusing BEFORE UPDATE ON users BEGIN SELECT RAISE(ABORT, 'no'); END"
        : "CREATE TRIGGER refusing BEFORE UPDATE ON users FOR EACH ROW SIGNAL SQLSTATE '45000'",
    );
    expect(await runCli({ DATABASE_URL }, ["users", "list"])).toMatchObject({ code: 1 });
  },
);
