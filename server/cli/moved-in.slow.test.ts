/** Users who were moved in from each system log in with the passwords that they have, and again after a move to the other engine. */
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { openDb } from "../../db/open.ts";
import { ENGINES } from "../../testing/engines.ts";
import { useCli, useProcesses } from "../../testing/process.ts";
import { SECRET_KEY, Service } from "../../testing/service.ts";

const runCli = useCli();
const run = useProcesses();
/** The hash of `secret` as FastAPI systems have it. */
const SECRET = "$2b$04$yc3XGPS6vcN06n9Xw2T2ueRT3Y0HzJN7eA7AU4JW3rT6140FCGvfO";
const PASSWORD = "correct horse battery";
/** Hashes of PASSWORD by better-auth 1.7.25 and Django 5.2. */
const BETTER_AUTH =
  "3234c091cab159f731c94a8d970b5654:7470057ccaced5414f4bf5c6fa2f29578ecfb41e042ba58c268b746cecbf92a8a389612f92960a028c72ddd584bc8a7ad22dc2fcbdf90c6100a3155f77cbf88f";
const DJANGO = "pbkdf2_sha256$1500$seasalt$B9sAFbmnUwQMCPg21SDc36wZQiBpsBJkCSHmMQIXoj8=";

/** What each system exports, and who logs in with which password. */
const SYSTEMS = [
  [
    `username,full_name,email,hashed_password,disabled\njohndoe,John Doe,johndoe@example.com,${SECRET},False\n`,
    "johndoe",
    "secret",
  ],
  [`email,password\nada@example.com,${SECRET}\n`, "ada@example.com", "secret"],
  [
    JSON.stringify({ email: "grace@example.com", name: "Grace", password: BETTER_AUTH }),
    "grace@example.com",
    PASSWORD,
  ],
  [
    `email,encrypted_password,raw_user_meta_data\nlin@example.com,${SECRET.replace("$2b", "$2a")},"{""name"": ""Lin""}"\n`,
    "lin@example.com",
    "secret",
  ],
  [`username,email,is_active,password\nmay,may@example.com,t,${DJANGO}\n`, "may", PASSWORD],
] as const;

describe.each(ENGINES)("users who were moved in to $name", (engine) => {
  const other = ENGINES.find(({ name }) => name !== engine.name) ?? engine;
  const settings = { FASTAPI_PATHS: "true", BCRYPT_COST: "4" };
  const expectLogins = async (DATABASE_URL: string) => {
    const service = new Service();
    await service.start(engine, { ...settings, DATABASE_URL });
    for (const [, username, password] of SYSTEMS) {
      const form = { username, password: service.secret(password) };
      expect(await service.post("/token", form), username).toMatchObject({ status: 200 });
      const wrong = { username, password: `${password}x` };
      expect(await service.post("/token", wrong), username).toMatchObject({ status: 400 });
    }
    await service.stop();
  };

  test("log in, and after `users export - | users import -` into the other engine", async () => {
    const [from, to] = [await engine.emptyDatabase(), await other.emptyDatabase()];
    for (const url of [from, to]) await (await openDb(url, { migrate: true })).close();
    for (const [table] of SYSTEMS)
      expect(await runCli({ DATABASE_URL: from }, ["users", "import", "-"], table)).toMatchObject({
        code: 0,
        printed: expect.stringMatching(/^(ignored.*\n)?added 1, already there 0, refused 0\n/),
      });
    const tegata = `${process.execPath} ${resolve("dist/server/cli/index.js")}`;
    const pipe = `DATABASE_URL=$FROM ${tegata} users export - | DATABASE_URL=$TO ${tegata} users import -`;
    const env = { FROM: from, TO: to, SECRET_KEY };
    for (const counts of ["added 5, already there 0", "added 0, already there 5"]) {
      const piped = run(env, { command: "bash", args: ["--norc", "-c", pipe] });
      expect(await piped.ended).toMatchObject({ code: 0 });
      expect(piped.printed()).toBe(`${counts}, refused 0\n`);
    }
    await expectLogins(from);
    await expectLogins(to);
  }, 180_000);
});
