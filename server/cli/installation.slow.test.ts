/** The commands about the installation itself: starting it, migrating, examining it, and keys. */
import { chmodSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { emptyFolder, useCli, useProcesses } from "../../testing/process.ts";

const runCli = useCli();
const run = useProcesses();
const SECRET_KEY = "a secret of the tests and long enough 0123456789";
const emptyDatabase = () => `file:${join(emptyFolder(), "x.db")}`;

describe.each(ENGINES)("on $name", (engine) => {
  test("tegata migrate makes an empty database usable, and tegata doctor has nothing to say", async () => {
    const env = { DATABASE_URL: await engine.emptyDatabase(), SECRET_KEY };
    if (engine.name !== "SQLite") {
      const before = await runCli(env, ["doctor"]);
      expect(before.code).toBe(0);
      expect(before.printed).toMatch(
        /^warning {2}migrations: [1-9]\d* are pending\n {9}→ run tegata migrate/m,
      );
    }
    for (const _ of ["once", "twice"])
      expect(await runCli(env, ["migrate"])).toEqual({
        code: 0,
        printed: expect.stringMatching(/^the database is up to date: /),
      });
    expect(await runCli(env, ["users", "list"])).toEqual({ code: 0, printed: "" });
    const { code, printed } = await runCli(env, ["doctor"]);
    expect(code).toBe(0);
    const about = printed
      .trim()
      .split("\n")
      .map((line) => line.replace(/:.*/, ""));
    expect(about).toEqual(
      [
        ...["settings", "mode", "database", "database access", "database transport"],
        ...(engine.name === "SQLite" ? [] : ["database session"]),
        ...["clock", "migrations", "keys", "proxy", "mail"],
      ].map((name) => `ok       ${name}`),
    );
  });
});

describe("tegata doctor", () => {
  const findings = async (env: Record<string, string>) => {
    const { code, printed } = await runCli({ SECRET_KEY, ...env }, ["doctor", "--json"]);
    const [json = ""] = printed.split("\n");
    return { code, printed, found: JSON.parse(json) as { state: string; about: string }[] };
  };
  const production = {
    NODE_ENV: "production",
    ISSUER: "https://id.example.com",
    DATABASE_URL: emptyDatabase(),
  };

  test("names each invalid setting, and never its value", async () => {
    const { code, found, printed } = await findings({ PORT: "hunter2", SECRET_KEY: "hunter2" });
    expect(code).toBe(1);
    expect(found).toMatchObject([
      { state: "problem", about: "settings", text: expect.stringMatching(/^PORT: /) },
      { state: "problem", about: "settings", text: expect.stringMatching(/^SECRET_KEY: /) },
    ]);
    expect(printed).not.toContain("hunter2");
  });

  test("says what is wrong with the database, the keys and the proxy, and how to fix it", async () => {
    const SIGNING_KEY_FILES = "/nowhere.pem";
    const { code, found, printed } = await findings({ ...production, SIGNING_KEY_FILES });
    expect(code).toBe(1);
    expect(found.filter(({ state }) => state === "problem")).toMatchObject([
      { about: "database", text: expect.stringContaining("there is no file") },
      { about: "keys", text: expect.stringContaining("SIGNING_KEY_FILES: could not read") },
      { about: "proxy", fix: "set TRUST_PROXY to the number of proxies" },
    ]);
    expect(printed).toContain("3 problems");
  });

  test("warns about what works and should not stay", async () => {
    const DATABASE_URL = emptyDatabase();
    expect(await runCli({ DATABASE_URL }, ["migrate"])).toMatchObject({ code: 0 });
    const key = join(emptyFolder(), "key.pem");
    await runCli({}, ["keys", "new", key]);
    chmodSync(key, 0o644);
    const { code, found } = await findings({
      ...{ DATABASE_URL, SIGNING_KEY_FILES: key },
      ...{ HOST: "0.0.0.0", TRUST_PROXY: "1" },
    });
    expect(code).toBe(0);
    expect(found.filter(({ state }) => state !== "ok")).toMatchObject([
      { state: "warning", about: "mode", fix: "set NODE_ENV=production" },
      { state: "warning", about: "keys", fix: `chmod 600 ${key}` },
      { state: "warning", about: "proxy", fix: expect.stringContaining("TRUST_PROXY=0") },
    ]);
  });
});

test("tegata serve starts the service, and a signal ends it", async () => {
  const env = { DATABASE_URL: emptyDatabase(), SECRET_KEY, PORT: "0" };
  const service = run(env, { args: [resolve("bin/tegata.js"), "serve"] });
  const [, url] = await service.until(/listening on (http:\S+)/);
  expect((await fetch(`${url}/api/is-logged-in`)).status).toBe(200);
  service.signal("SIGTERM");
  expect(await service.ended).toEqual({ code: 0, signal: null });
});

describe("tegata keys", () => {
  test("makes a secret that differs each time, and that the service accepts", async () => {
    const secrets = [await runCli({}, ["keys", "new"]), await runCli({}, ["keys", "new"])];
    for (const { code, printed } of secrets)
      expect([code, printed]).toEqual([0, expect.stringMatching(/^[\w-]{43}\n$/)]);
    const [one, other] = secrets.map(({ printed }) => printed.trim());
    expect(one).not.toBe(other);
    const env = { SECRET_KEY: one ?? "", DATABASE_URL: emptyDatabase() };
    const { code, printed } = await runCli(env, ["keys", "list"]);
    expect([code, printed]).toEqual([
      0,
      expect.stringMatching(
        /^[\w-]{43}\tES256\taccess tokens\tsigns\tSECRET_KEY\n[\w-]{43}\tRS256\tID tokens\tsigns\tSECRET_KEY\n$/,
      ),
    ]);
    expect(printed).not.toContain(one);
  });

  test("makes private keys that only their owner can read, and lists them without the keys", async () => {
    const folder = emptyFolder();
    const files = ["ES256", "RS256", "EdDSA"].map((name) => join(folder, `${name}.pem`));
    for (const file of files) {
      const algorithm = file.match(/(\w+)\.pem/)?.[1] ?? "";
      const made = await runCli({}, ["keys", "new", file, "--algorithm", algorithm]);
      expect(made).toEqual({ code: 0, printed: expect.stringContaining("SIGNING_KEY_FILES") });
      expect(statSync(file).mode & 0o777).toBe(0o600);
    }
    const [first = ""] = files;
    const before = readFileSync(first, "utf8");
    expect(await runCli({}, ["keys", "new", first])).toMatchObject({ code: 1 });
    expect(readFileSync(first, "utf8")).toBe(before);
    const env = { SECRET_KEY, DATABASE_URL: emptyDatabase(), SIGNING_KEY_FILES: files.join(",") };
    const { printed } = await runCli(env, ["keys", "list", "--json"]);
    expect(JSON.parse(printed)).toMatchObject([
      { tokens: "access tokens", algorithm: "ES256", use: "signs", source: first },
      { tokens: "access tokens", algorithm: "RS256", use: "verifies" },
      { tokens: "access tokens", algorithm: "EdDSA", use: "verifies" },
      { tokens: "ID tokens", algorithm: "RS256", use: "signs" },
    ]);
    expect(printed).not.toContain("PRIVATE");
    const none = await runCli({ DATABASE_URL: emptyDatabase() }, ["keys", "list"]);
    expect(none).toMatchObject({ code: 1, printed: expect.stringContaining("no keys yet") });
    expect(await runCli({}, ["keys", "new", "--algorithm", "ES256"])).toMatchObject({ code: 2 });
    expect(await runCli({}, ["keys", "new", "x", "--algorithm", "HS256"])).toMatchObject({
      code: 2,
    });
  });
});
