/** Every finding of `tegata doctor`, each provoked on real parts. */
import { chmodSync, symlinkSync } from "node:fs";
import { createServer, connect as dial } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { connect } from "../../db/connect.ts";
import { openDb } from "../../db/open.ts";
import { makeCertificates } from "../../testing/certificates.ts";
import { ENGINES } from "../../testing/engines.ts";
import { MAIL_USER, type MailServer, startMailServer } from "../../testing/mail-server.ts";
import { type Mariadb, startMariadb } from "../../testing/mariadb.ts";
import { emptyFolder } from "../../testing/process.ts";
import { isRedisInstalled, startRedis } from "../../testing/redis.ts";
import { SECRET_KEY, Service } from "../../testing/service.ts";
import { runSql } from "../../testing/sql.ts";
import { examine } from "./doctor.ts";
import { FINDINGS, type Finding, type FindingCode } from "./findings.ts";
import { KEY_COMMANDS } from "./keys.ts";

const [sqlite = expect.unreachable()] = ENGINES;
const provoked = new Set<FindingCode>();

/** Examines an installation with these settings. @returns what was found */
async function findings(env: Record<string, string>, now: () => number = Date.now) {
  const found = await examine(now, { SECRET_KEY, ...env });
  for (const { code } of found) provoked.add(code);
  return found;
}
const codesOf = (found: readonly Finding[]) => found.map(({ code }) => code);
/** What should be fixed: a warning or a problem, each of which says how. */
async function troubles(env: Record<string, string>, now?: () => number) {
  const found = (await findings(env, now)).filter(({ state }) => state !== "ok");
  for (const { fix } of found) expect(fix).toMatch(/./);
  return codesOf(found);
}

async function migrated(url: string): Promise<string> {
  await (await openDb(url, { migrate: true })).close();
  return url;
}

const newDatabase = async () => migrated(await sqlite.emptyDatabase());

const PRODUCTION = { NODE_ENV: "production", ISSUER: "https://id.example.com", TRUST_PROXY: "1" };

describe("tegata doctor", () => {
  test("finds nothing to fix in development, nor in production behind a proxy but the mail", async () => {
    const DATABASE_URL = await newDatabase();
    expect(codesOf(await findings({ DATABASE_URL }))).toEqual([
      ...["settings_valid", "mode_local", "database_usable", "access_private"],
      ...["transport_private", "clock_agrees", "migrations_done"],
      ...["keys_usable", "proxy_none", "mail_printed"],
    ]);
    const found = codesOf(await findings({ DATABASE_URL, ...PRODUCTION }));
    expect(found).toEqual(expect.arrayContaining(["mode_production", "proxy_trusted", "mail_off"]));
    // Without a secret in the settings, the first start makes one.
    expect(codesOf(await findings({ DATABASE_URL, SECRET_KEY: "" }))).toContain("keys_none");
  });

  test.each<[Record<string, string>, FindingCode[]]>([
    [{ PORT: "many", BCRYPT_COST: "99" }, ["settings_invalid", "settings_invalid"]],
    [{ HOST: "0.0.0.0" }, ["mode_exposed"]],
    [{ TRUST_PROXY: "1" }, ["proxy_missing"]],
    [{ ...PRODUCTION, TRUST_PROXY: "0" }, ["proxy_untrusted", "mail_off"]],
    [{ DATABASE_URL: "file:/nowhere/x.db" }, ["database_unusable"]],
    [{ DATABASE_URL: "mysql://root@127.0.0.1:1/x" }, ["database_unusable"]],
    [{ SIGNING_KEY_FILES: "/nowhere.pem" }, ["keys_unusable"]],
  ])("with %j", async (env, codes) => {
    expect(await troubles({ DATABASE_URL: await newDatabase(), ...env })).toEqual(codes);
  });

  test("files that others can read, until its advice was followed", async () => {
    const target = await newDatabase();
    // Tegata makes its files private, but does not follow links.
    const link = join(emptyFolder(), "link.db");
    symlinkSync(target.slice("file:".length), link);
    const key = join(emptyFolder(), "key.pem");
    await KEY_COMMANDS.find(({ name }) => name === "keys new")?.runAlone(key, {});
    for (const file of [link, key]) chmodSync(file, 0o644);
    const env = { DATABASE_URL: `file:${link}`, SIGNING_KEY_FILES: key };
    const found = (await findings(env)).filter(({ state }) => state !== "ok");
    expect(found).toMatchObject([
      { code: "access_open", fix: `chmod 600 ${link}` },
      { code: "keys_open", fix: `chmod 600 ${key}` },
    ]);
    for (const { fix } of found) chmodSync(fix?.replace("chmod 600 ", "") ?? "", 0o600);
    expect(await troubles(env)).toEqual([]);
  });

  test("its advice about a proxy works: callers are told apart by X-Forwarded-For", async () => {
    const service = new Service();
    await service.start(sqlite, { ISSUER: "https://id.example.com", TRUST_PROXY: "1" });
    const form = { username: "nobody", password: "an incorrect password" };
    await service.token(form, { "x-forwarded-for": "192.0.2.1, 203.0.113.7" });
    expect(await service.tegata.db.events.list({}, { limit: 1 })).toMatchObject([
      { type: "login_failed", address: "203.0.113.7" },
    ]);
    await service.stop();
  });
});

describe("tegata doctor and the mail server", () => {
  const folder = emptyFolder();
  let server: MailServer;
  beforeAll(async () => {
    makeCertificates(folder);
    server = await startMailServer({ certificates: folder });
    return () => server.stop();
  });
  const user = encodeURIComponent(MAIL_USER.user);
  const password = encodeURIComponent(MAIL_USER.password);

  const login = `${user}:${password}@`;
  const CA = `?ssl-ca=${folder}/ca.pem`;

  test.each<[string, string, FindingCode, RegExp]>([
    ["a login", `${login}localhost:PORT${CA}`, "mail_accepted", /nothing was sent/],
    ["no login", `localhost:PORT${CA}`, "mail_accepted", /nothing was sent/],
    ["a wrong password", `${user}:wrong@localhost:PORT${CA}`, "mail_refused", /535/],
    [
      "another authority",
      `${login}localhost:PORT?ssl-ca=${folder}/other.pem`,
      "mail_unreachable",
      /cert/,
    ],
    ["an unknown authority", `${login}localhost:PORT`, "mail_unreachable", /cert/],
    ["no server", "127.0.0.1:1", "mail_unreachable", /ECONNREFUSED/],
  ])("with %s", async (_, rest, code, text) => {
    const MAIL_URL = `smtp://${rest.replace("PORT", String(server.port))}`;
    const env = { DATABASE_URL: await newDatabase(), MAIL_URL, MAIL_FROM: "id@example.com" };
    const found = (await findings(env)).at(-1);
    expect(found).toMatchObject({ code, about: "mail", text: expect.stringMatching(text) });
    expect(found?.text).not.toContain(MAIL_USER.password);
    expect(server.tries()).toBe(0);
  });
});

test.runIf(isRedisInstalled())("tegata doctor and Redis", async () => {
  const redis = await startRedis();
  const DATABASE_URL = await newDatabase();
  expect(codesOf(await findings({ DATABASE_URL, REDIS_URL: redis.url }))).toContain("redis_usable");
  await redis.stop();
  expect(await troubles({ DATABASE_URL, REDIS_URL: redis.url })).toEqual(["redis_unusable"]);
});

describe.each(ENGINES)("tegata doctor and the migrations on $name", (engine) => {
  test("migrations that are pending, done, unknown or interrupted, and tables that are not whole", async () => {
    const DATABASE_URL = await engine.emptyDatabase();
    // doctor does not create a file.
    await (await connect(DATABASE_URL)).close();
    expect(await troubles({ DATABASE_URL })).toEqual(["migrations_pending"]);
    await migrated(DATABASE_URL);
    expect(await troubles({ DATABASE_URL })).toEqual([]);
    await runSql(DATABASE_URL, "INSERT INTO tegata_migrations (hash, created_at) VALUES ('x', 99)");
    expect(await troubles({ DATABASE_URL })).toEqual(["migrations_unknown"]);
    await runSql(DATABASE_URL, "DELETE FROM tegata_migrations");
    expect(await troubles({ DATABASE_URL })).toEqual(["migrations_interrupted"]);
    await runSql(DATABASE_URL, "DROP TABLE tegata_migrations");
    expect(codesOf(await findings({ DATABASE_URL }))).toContain("migrations_pushed");
    await runSql(DATABASE_URL, "DROP TABLE items");
    expect(await troubles({ DATABASE_URL })).toEqual(["tables_incomplete"]);
  });
});

describe.runIf(inject("mariadb"))("tegata doctor and MariaDB", () => {
  const folder = emptyFolder();
  const rewriting = createServer();
  let mariadb: Mariadb;
  const asRoot = (...statements: string[]) => runSql(mariadb.url, ...statements);
  const at = (host: string, { user = "app", query = "", port = "" } = {}) => {
    const used = port || new URL(mariadb.url).port;
    return { DATABASE_URL: `mysql://${user}:app@${host}:${used}/app?${query}` };
  };
  beforeAll(async () => {
    makeCertificates(folder);
    const tls = ["ca=ca.pem", "cert=server.pem", "key=server.key"];
    const options = tls.map((one) => `--ssl-${one.replace("=", `=${folder}/`)}`);
    mariadb = (await startMariadb(...options)) ?? expect.unreachable();
    await asRoot(
      "CREATE DATABASE app",
      "CREATE USER app@'%' IDENTIFIED BY 'app'",
      "GRANT ALL ON app.* TO app@'%'",
      "CREATE USER reader@'%' IDENTIFIED BY 'app'",
      "GRANT SELECT ON app.* TO reader@'%'",
    );
    await migrated(at("127.0.0.1").DATABASE_URL);
    return () => mariadb.stop();
  });
  afterAll(() => void rewriting.close());
  /** This machine, but written in a way that does not count as such. */
  const ELSEWHERE = "127.1";

  test("how the connection is protected", async () => {
    const found = await findings(at("localhost"));
    expect(codesOf(found)).toEqual(
      expect.arrayContaining(["access_granted", "session_as_set", "clock_agrees"]),
    );
    expect(await troubles(at("localhost"))).toEqual([]);
    expect(await troubles(at(ELSEWHERE))).toEqual(["transport_unprotected"]);
    expect(await troubles(at(ELSEWHERE, { query: "sslmode=require" }))).toEqual([
      "transport_unverified",
    ]);
    const verified = { query: `sslmode=verify-ca&ssl-ca=${folder}/ca.pem` };
    expect(await troubles(at(ELSEWHERE, verified))).toEqual([]);
  });

  test("a user who may only read, and a server that is a replica", async () => {
    expect(await troubles(at("localhost", { user: "reader" }))).toEqual(["access_refused"]);
    await asRoot("SET GLOBAL read_only = 1");
    expect(await troubles(at("localhost"))).toEqual(["access_read_only"]);
    await asRoot("SET GLOBAL read_only = 0");
  });

  test.each([-60, 60])("a clock that is %i seconds away", async (seconds) => {
    const now = () => Date.now() + seconds * 1000;
    expect(await troubles(at("localhost"), now)).toEqual(["clock_differs"]);
    expect(
      (await findings(at("localhost"), now)).find(({ about }) => about === "clock")?.text,
    ).toMatch(/by (59|60|61) seconds$/);
  });

  test.each([
    ["its mode", "sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'", "sql_mode = ''"],
    ["its isolation", "ISOLATION LEVEL REPEATABLE READ", "ISOLATION LEVEL READ COMMITTED"],
  ])("a proxy that changes a session: %s", async (_, set, changed) => {
    rewriting.removeAllListeners("connection").on("connection", (client) => {
      const upstream = dial(Number(new URL(mariadb.url).port), "127.0.0.1");
      for (const socket of [client, upstream]) socket.on("error", () => undefined);
      upstream.pipe(client).on("close", () => upstream.destroy());
      client.on("data", (chunk) => {
        const text = chunk.toString("latin1").replace(set, changed.padEnd(set.length));
        upstream.write(Buffer.from(text, "latin1"));
      });
    });
    if (!rewriting.listening)
      await new Promise<void>((resolve) => rewriting.listen(0, "127.0.0.1", resolve));
    const address = rewriting.address();
    const port = String(address instanceof Object ? address.port : "");
    expect(await troubles(at("localhost", { port }))).toEqual(["session_changed"]);
  });

  test("all findings were provoked", () => {
    const unheard = Object.keys(FINDINGS).filter((code) => !provoked.has(code as FindingCode));
    expect(unheard).toEqual(isRedisInstalled() ? [] : ["redis_usable", "redis_unusable"]);
  });
});
