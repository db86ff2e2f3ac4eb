import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, urlOf, useProcesses } from "../testing/process.ts";
import { SECRET_KEY } from "../testing/service.ts";

const run = useProcesses();
const cli = async (env: Record<string, string>, cwd: string, ...args: string[]) => {
  const program = run(env, { cwd, args: [resolve("dist/server/cli/index.js"), ...args] });
  const { code } = await program.ended;
  return { code, printed: program.printed() };
};

test("a generated secret is stored in a folder that git ignores; an existing one is kept", async () => {
  const cwd = emptyFolder();
  const service = run({ PORT: "0", DATABASE_URL: "file:x.db" }, { cwd });
  await urlOf(service);
  service.signal("SIGTERM");
  await service.ended;
  expect(readdirSync(cwd).filter((name) => !name.startsWith("x.db"))).toEqual([".data"]);
  expect(readFileSync(join(cwd, ".data/.gitignore"), "utf8")).toBe("*\n");
  expect(statSync(join(cwd, ".data/secret")).mode & 0o777).toBe(0o600);

  writeFileSync(join(cwd, "secret"), SECRET_KEY);
  const second = run({ PORT: "0", DATABASE_URL: "file:x.db" }, { cwd });
  await second.until(/secret +secret \(generated at an earlier start\)$/m);
  second.signal("SIGTERM");
  await second.ended;
});

test("after a clean stop the SQLite file is whole", async () => {
  const cwd = emptyFolder();
  const service = run({ PORT: "0", SECRET_KEY, DATABASE_URL: "file:x.db" }, { cwd });
  await urlOf(service);
  service.signal("SIGTERM");
  expect(await service.ended).toEqual({ code: 0, signal: null });
  expect(statSync(join(cwd, "x.db")).size).toBeGreaterThan(20_000);
  const log = join(cwd, "x.db-wal");
  expect(existsSync(log) ? statSync(log).size : 0).toBe(0);
});

test("the CLI copies the database of a running service, and makes none out of a typing error", async () => {
  const cwd = emptyFolder();
  const env = { SECRET_KEY, DATABASE_URL: "file:x.db" };
  const service = run({ PORT: "0", ...env }, { cwd });
  await urlOf(service);
  expect(await cli(env, cwd, "backup", "copy.db")).toEqual({
    code: 0,
    printed: "copied the database to copy.db\n",
  });
  expect((await cli({ ...env, DATABASE_URL: "file:copy.db" }, cwd, "clients", "list")).code).toBe(
    0,
  );
  expect(await cli(env, cwd, "backup", "copy.db")).toEqual({
    code: 1,
    printed: "copy.db exists; name a new file\n",
  });
  expect(await cli(env, cwd, "backup", "not-mounted/copy.db")).toEqual({
    code: 1,
    printed: "the folder not-mounted does not exist\n",
  });
  const typo = await cli({ ...env, DATABASE_URL: "file:typo/y.db" }, cwd, "clients", "list");
  expect(typo.code).toBe(1);
  expect(typo.printed).toMatch(/^DATABASE_URL: there is no file typo\/y\.db; .*\n$/);
  expect(existsSync(join(cwd, "typo"))).toBe(false);
  service.signal("SIGTERM");
  await service.ended;
});

test.each([
  [
    "mysql://user:hidden@127.0.0.1:1/x",
    /^DATABASE_URL: no server listens at 127\.0\.0\.1:1; start it, or correct/,
  ],
  ["mysql://user:hidden@nowhere.invalid/x", /^DATABASE_URL: the host name nowhere\.invalid is unk/],
])("%s cannot be reached, and a command says so once and does not wait", async (url, why) => {
  const { code, printed } = await cli({ DATABASE_URL: url }, emptyFolder(), "clients", "list");
  expect(code).toBe(1);
  expect(printed).toMatch(why);
  expect(printed).not.toContain("hidden");
  expect(printed.split("DATABASE_URL")).toHaveLength(2);
});

test.each([
  ["mysql://user:hidden@ss/w#d@host/x", /DATABASE_URL: must be .*%40/],
  [
    "file:no.db",
    /^Tegata cannot start: DATABASE_URL: no\.db cannot be opened as a SQLite database/,
  ],
  ["file:x.db?mode=ro", /DATABASE_URL: a file: URL takes no parameters/],
])("%s cannot work, and the start says so once", async (url, why) => {
  const cwd = emptyFolder();
  writeFileSync(
    join(cwd, "no.db"),
    "this is no database, and long enough to be seen as none".repeat(99),
  );
  const service = run({ PORT: "0", SECRET_KEY, DATABASE_URL: url }, { cwd });
  expect(await service.ended).toEqual({ code: 1, signal: null });
  const printed = service.printed();
  expect(printed).toMatch(why);
  expect(printed).not.toMatch(/hidden|w#d/);
  for (const text of ["DATABASE_URL", "ECONNREFUSED", "SQLITE_NOTADB", "file is not a database"])
    expect(printed.split(text).length).toBeLessThanOrEqual(2);
});

test("an invalid key file is reported once", async () => {
  const cwd = emptyFolder();
  writeFileSync(join(cwd, "key.pem"), "no key");
  const service = run({ PORT: "0", SECRET_KEY, SIGNING_KEY_FILES: "key.pem" }, { cwd });
  expect(await service.ended).toEqual({ code: 1, signal: null });
  const [, reasons = ""] = service.printed().match(/^Tegata cannot start: (.*)\n$/) ?? [];
  expect(reasons).toContain("key.pem");
  const said = reasons.split(": ");
  expect(new Set(said).size).toBe(said.length);
});
