import { execFile } from "node:child_process";
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { runSql } from "../testing/sql.ts";
import { openDb } from "./open.ts";

const execute = promisify(execFile);
const BIN = resolve("node_modules/drizzle-kit/bin.cjs");
const kit = async (url: string, ...args: string[]) => {
  const { stdout, stderr } = await execute(process.execPath, [BIN, ...args], {
    env: { PATH: process.env["PATH"], DATABASE_URL: url },
  });
  return stdout + stderr;
};
const names = { email: "a@b.c", username: "a", usernameKey: "a", fullName: null };
const user = { ...names, passwordHash: "x", createdAtMs: 1 };

describe.each(ENGINES)("drizzle-kit on $name", (engine) => {
  let pushed: string;
  let migrated: string;
  beforeAll(async () => {
    [pushed, migrated] = [await engine.emptyDatabase(), await engine.emptyDatabase()];
    expect(await kit(pushed, "push")).toMatch(/Changes applied/);
    await kit(migrated, "migrate");
  });

  const expectPushToChangeNothing = async (url: string) => {
    // Without a terminal to ask for consent, drizzle-kit prints what it would do and fails.
    const plan = await kit(url, "push", "--verbose", "--strict").catch(
      (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
    );
    const statements = plan.match(/^(ALTER|CREATE|DROP) .*$/gm) ?? [];
    // drizzle-kit misreads MariaDB's catalogue: the display width of bigint, the defaults NULL and '', and every primary key.
    const misread =
      engine.name === "MariaDB"
        ? /bigint|ADD PRIMARY KEY|varbinary\(\d+\)( NOT NULL DEFAULT '')?;$/
        : /(?!)/;
    expect(statements.filter((statement) => !misread.test(statement))).toEqual([]);
    if (engine.name !== "MariaDB") expect(plan).toMatch(/No changes detected/);
  };

  test("push creates a database that openDb accepts unchanged, and then changes nothing", async () => {
    const db = await openDb(pushed, { migrate: true });
    expect(await db.users.add(user)).toMatchObject({ is: "added" });
    expect(await db.users.add({ ...user, username: "b", usernameKey: "b" })).toEqual({
      is: "taken",
      column: "email",
    });
    expect(await db.users.findByUsernameKey(["A"])).toBeUndefined();
    await db.close();
    await expectPushToChangeNothing(pushed);
  });

  test("migrate creates a database that openDb accepts, in which push changes nothing", async () => {
    const db = await openDb(migrated, { migrate: true });
    expect(await db.users.add(user)).toMatchObject({ is: "added" });
    await db.close();
    await expectPushToChangeNothing(migrated);
  });

  test("migrate on a pushed database fails, and openDb then says how to fix it", async () => {
    const forget = () => runSql(pushed, "DROP TABLE IF EXISTS tegata_migrations");
    // Since openDb has accepted it, it has one.
    await forget();
    await expect(kit(pushed, "migrate")).rejects.toThrow();
    await expect(openDb(pushed, { migrate: true })).rejects.toThrow(
      /drop the table tegata_migrations/,
    );
    await (await openDb(pushed, { migrate: false })).close();
    await forget();
    await (await openDb(pushed, { migrate: true })).close();
  });
});

describe("the migrations", () => {
  test.each(["sqlite", "mysql"])("for %s match the schema", async (dialect) => {
    const folder = mkdtempSync(join(tmpdir(), "tegata-migrations-"));
    cpSync(`db/migrations/${dialect}`, folder, { recursive: true });
    const before = readdirSync(folder, { recursive: true });
    const { stdout } = await execute(process.execPath, [
      ...[BIN, "generate", "--dialect", dialect, "--casing", "snake_case"],
      // drizzle-kit reads an absolute path as relative.
      ...["--schema", `db/schema.${dialect}.cjs`, "--out", relative(".", folder)],
    ]);
    expect(stdout).toContain("nothing to migrate");
    expect(readdirSync(folder, { recursive: true })).toEqual(before);
  });

  test("have the same names in both dialects, in the same order", () => {
    const tags = tagsOf("mysql");
    expect(tags).not.toEqual([]);
    expect(tagsOf("sqlite")).toEqual(tags);
  });
});

const tagsOf = (dialect: string, root = ".") => {
  const journal = readFileSync(join(root, `db/migrations/${dialect}/meta/_journal.json`), "utf8");
  return (JSON.parse(journal) as { entries: { tag: string }[] }).entries.map(({ tag }) => tag);
};

describe("npm run db:generate", () => {
  /** A copy of what the command uses, with an edited schema. */
  const copyWith = (edit: (schema: string) => string) => {
    const root = mkdtempSync(join(tmpdir(), "tegata-generate-"));
    cpSync("db", join(root, "db"), { recursive: true });
    cpSync("package.json", join(root, "package.json"));
    symlinkSync(resolve("node_modules"), join(root, "node_modules"));
    const schema = join(root, "db/schema.ts");
    writeFileSync(schema, edit(readFileSync(schema, "utf8")));
    return root;
  };
  const generate = (cwd: string, ...args: string[]) =>
    execute("npm", ["run", "--silent", "db:generate", ...args], { cwd });
  const newestSql = (root: string, dialect: string) =>
    readFileSync(
      join(root, `db/migrations/${dialect}/${tagsOf(dialect, root).at(-1)}.sql`),
      "utf8",
    );

  test.each([
    ["no name", []],
    ["a path", ["../x"]],
    ["spaces", ["add notes"]],
  ])("with %s fails and says what to do", async (_, args) => {
    await expect(generate(".", ...args)).rejects.toThrow(
      /Give the migration a name .*: npm run db:generate add_notes/,
    );
  });

  test("writes a new table to a migration of the same name in both dialects", async () => {
    const root = copyWith((schema) =>
      schema.replace("return {", 'return { added: table("added", { id: serial() }),'),
    );
    await generate(root, "some_name");
    for (const dialect of ["mysql", "sqlite"]) {
      const tags = tagsOf(dialect);
      const next = `${String(tags.length).padStart(4, "0")}_some_name`;
      expect(tagsOf(dialect, root)).toEqual([...tags, next]);
      expect(newestSql(root, dialect)).toMatch(/^CREATE TABLE `added`/);
    }
  });

  test("writes an empty migration to the dialect that a change does not affect", async () => {
    const root = copyWith((schema) => schema.replace(/text\((\d+)\)/, "text(1$1)"));
    await generate(root, "longer_text");
    expect(tagsOf("sqlite", root)).toEqual(tagsOf("mysql", root));
    expect(newestSql(root, "mysql")).toMatch(/^ALTER TABLE/);
    expect(newestSql(root, "sqlite")).toMatch(/SELECT 1;/);
  });
});
