import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { openDb } from "./open.ts";

const execute = promisify(execFile);
const kit = async (url: string, ...args: string[]) => {
  const bin = resolve("node_modules/drizzle-kit/bin.cjs");
  const { stdout, stderr } = await execute(process.execPath, [bin, ...args], {
    env: { PATH: process.env["PATH"], DATABASE_URL: url },
  });
  return stdout + stderr;
};
const user = { email: "a@b.c", username: "a", fullName: null, passwordHash: "x", createdAtMs: 1 };

describe.each(ENGINES)("drizzle-kit on $name", (engine) => {
  test("push makes a database that the service starts on, as it is", async () => {
    const url = await engine.emptyDatabase();
    expect(await kit(url, "push", "--force")).toMatch(/Changes applied/);
    const db = await openDb(url, { migrate: true });
    expect(await db.users.add(user)).toMatchObject({ is: "added" });
    expect(await db.users.add({ ...user, username: "b" })).toEqual({
      is: "taken",
      column: "email",
    });
    expect(await db.users.findByUsername("A")).toBeUndefined();
    await db.close();
  });

  test("migrate on a pushed database fails, and the service says how to mend it", async () => {
    const url = await engine.emptyDatabase();
    await kit(url, "push", "--force");
    await expect(kit(url, "migrate")).rejects.toThrow();
    await expect(openDb(url, { migrate: true })).rejects.toThrow(
      /Drop the table __drizzle_migrations/,
    );
    await (await openDb(url, { migrate: false })).close();
  });

  test("migrate makes a database that the service starts on", async () => {
    const url = await engine.emptyDatabase();
    await kit(url, "migrate");
    const db = await openDb(url, { migrate: true });
    expect(await db.users.add(user)).toMatchObject({ is: "added" });
    await db.close();
  });

  test.each(["push", "migrate"])(
    "push on a database that was made by %s changes nothing",
    async (command) => {
      const url = await engine.emptyDatabase();
      await kit(url, command);
      const db = await openDb(url, { migrate: true });
      await db.users.add(user);
      await db.close();
      // Without a terminal to ask for consent it prints what it would do, and fails.
      const plan = await kit(url, "push", "--verbose", "--strict").catch(
        (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
      );
      const statements = plan.match(/^(ALTER|CREATE|DROP) .*$/gm) ?? [];
      // drizzle-kit misreads MariaDB's catalogue: the display width of bigint, the default NULL, and every primary key.
      const misread =
        engine.name === "MariaDB" ? /bigint|ADD PRIMARY KEY|varbinary\(\d+\);$/ : /(?!)/;
      expect(statements.filter((statement) => !misread.test(statement))).toEqual([]);
      if (engine.name !== "MariaDB") expect(plan).toMatch(/No changes detected/);
    },
  );
});

test.each(["sqlite", "mysql"])(
  "the generated migrations for %s are those of the schema",
  async (dialect) => {
    const folder = mkdtempSync("db/.migrations-");
    try {
      cpSync(`db/migrations/${dialect}`, folder, { recursive: true });
      const before = readdirSync(folder, { recursive: true });
      const bin = resolve("node_modules/drizzle-kit/bin.cjs");
      const { stdout } = await execute(process.execPath, [
        bin,
        "generate",
        ...["--dialect", dialect, "--schema", `db/schema.${dialect}.cjs`, "--out", folder],
        ...["--casing", "snake_case"],
      ]);
      expect(stdout).toContain("nothing to migrate");
      expect(readdirSync(join(folder), { recursive: true })).toEqual(before);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
