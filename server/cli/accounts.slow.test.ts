/** What operators do with accounts, through `npx tegata`, while the service is running. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { openDb } from "../../db/open.ts";
import { ENGINES } from "../../testing/engines.ts";
import { emptyFolder, useCli } from "../../testing/process.ts";
import { SECRET_KEY, Service } from "../../testing/service.ts";

const runCli = useCli();
const PASSWORD = "correct horse battery";
/** The hash of `secret` in the table of the first FastAPI system. */
const JOHNDOE = "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW";
/** The hash of PASSWORD by passlib 1.7.4. */
const ARGON2 =
  "$argon2id$v=19$m=1024,t=2,p=2$NibEmHOO0VrrHcO413ovxQ$5jmYG6MMAlShe4cjFA2E+8MsubAM10mjA20vvc9fb68";

describe.each(ENGINES)("tegata users on $name", (engine) => {
  let env: Record<string, string>;
  const service = new Service();
  beforeAll(async () => {
    const url = await engine.emptyDatabase();
    env = { DATABASE_URL: url, SECRET_KEY, BCRYPT_COST: "4" };
    const settings = { REGISTRATION: "closed", FASTAPI_PATHS: "true" };
    await service.start({ ...engine, emptyDatabase: async () => url }, settings);
    return () => service.stop();
  });
  const tegata = (args: string, input = "") => runCli(env, args.split(" "), input);
  const logIn = (username: string, password: string) =>
    service.token({ grant_type: "password", username, password: service.secret(password) });

  test("adds an account with a password from standard input, also if registration is closed", async () => {
    const added = await tegata("users add Ada@example.com --username ada", `${PASSWORD}\n`);
    expect(added).toEqual({ code: 0, printed: "added ada@example.com\n" });
    expect(await logIn("ada", PASSWORD)).toMatchObject({ status: 200 });
    expect(await tegata("users add ada@example.com", PASSWORD)).toEqual({
      code: 1,
      printed: "EMAIL: is already in use\n",
    });
  });

  test("lists and shows accounts, without their hashes", async () => {
    const { printed } = await tegata("users list");
    expect(printed).toMatch(/^\d+\tada@example\.com\tada\tactive\t\d{4}-[\d:T.-]+Z\n$/);
    const shown = await tegata("users show ADA --json");
    expect(JSON.parse(shown.printed)).toEqual({
      id: expect.any(Number),
      email: "ada@example.com",
      emailVerifiedAt: null,
      username: "ada",
      fullName: null,
      disabled: false,
      createdAt: expect.stringMatching(/Z$/),
      passwordHash: "bcrypt, cost 4",
      sessions: 1,
      apps: [],
    });
    expect((await tegata("users show ada")).printed).toMatch(/^email {12}ada@example\.com$/m);
    expect(await tegata("users show nobody")).toEqual({
      code: 1,
      printed: "unknown user nobody\n",
    });
  });

  test("sets a password, which ends the sessions", async () => {
    const { access_token } = service.issued(await logIn("ada", PASSWORD));
    expect(await tegata("users set-password ada", "another good one")).toEqual({
      code: 0,
      printed: "set the password of ada and ended its sessions\n",
    });
    expect(await service.query("me", access_token)).toMatchObject({ status: 401 });
    expect(await logIn("ada", PASSWORD)).toMatchObject({ status: 400 });
    expect(await logIn("ada", "another good one")).toMatchObject({ status: 200 });
    expect(await tegata("users set-password ada", "ada@example.com")).toMatchObject({ code: 1 });
    expect(await tegata("users set-password nobody", PASSWORD)).toMatchObject({ code: 1 });
  });

  test("deletes an account with its sessions, if it is told that this is meant", async () => {
    const { access_token } = service.issued(await logIn("ada", "another good one"));
    expect(await tegata("users delete ada")).toEqual({
      code: 2,
      printed: "users delete: --yes is missing\n",
    });
    expect(await service.query("me", access_token)).toMatchObject({ status: 200 });
    expect(await tegata("users delete ada --yes")).toEqual({ code: 0, printed: "deleted ada\n" });
    expect(await service.query("me", access_token)).toMatchObject({ status: 401 });
    expect(await logIn("ada", "another good one")).toMatchObject({ status: 400 });
    expect(await tegata("users delete ada --yes")).toMatchObject({ code: 1 });
    const { events } = service.tegata.db;
    expect(await events.list({ types: ["account_deleted"] }, { limit: 9 })).toMatchObject([
      { userId: expect.any(Number), clientId: null, address: "cli" },
    ]);
  });

  test("moves users in, who log in with the password that they have", async () => {
    const table = join(emptyFolder(), "users.csv");
    writeFileSync(
      table,
      `username,full_name,email,hashed_password,disabled\njohndoe,John Doe,johndoe@example.com,${JOHNDOE},False\n`,
    );
    expect(await tegata(`users import ${table}`)).toEqual({
      code: 0,
      printed: "added 1, already there 0, refused 0\n",
    });
    expect(await logIn("johndoe", "secret")).toMatchObject({ status: 200 });
    const row = JSON.stringify({ email: "grace@example.com", password: ARGON2 });
    expect(await tegata("users import -", row)).toMatchObject({ code: 0 });
    expect((await tegata("users show grace@example.com")).printed).toContain("argon2id");
    expect(await logIn("grace@example.com", `${PASSWORD}x`)).toMatchObject({ status: 400 });
    expect(await logIn("grace@example.com", PASSWORD)).toMatchObject({ status: 200 });
    const grace = await service.tegata.db.users.findByEmail("grace@example.com");
    expect(grace?.passwordHash).toMatch(/^\$2b\$04\$/);
    expect(await logIn("grace@example.com", PASSWORD)).toMatchObject({ status: 200 });
    const { code, printed } = await tegata("users export - --format csv");
    expect([code, printed.split("\n")[1]]).toEqual([
      0,
      expect.stringMatching(/^johndoe@example\.com,johndoe,John Doe,\$2b\$.*,false,,\d{4}-/),
    ]);
  });
});

describe("tegata users refuses, whatever the database is,", () => {
  const DATABASE_URL = `file:${join(emptyFolder(), "x.db")}`;
  beforeAll(async () => (await openDb(DATABASE_URL, { migrate: true })).close());

  test.each([
    ["add new@example.com", "short", 1, "password: must be at least 8 characters long\n"],
    [
      "add new --username a@b",
      PASSWORD,
      1,
      "EMAIL: must be an email address, with an @\n--username: must not contain @\n",
    ],
    ["add new@example.com", "", 1, "there is no password on standard input\n"],
    ["import /nowhere", "", 1, expect.stringContaining("/nowhere")],
    ["import /nowhere --format xml", "", 2, "--format: must be csv or jsonl\n"],
  ])("%s with the input %j", async (args, input, code, printed) => {
    const answer = await runCli({ DATABASE_URL }, `users ${args}`.split(" "), input);
    expect(answer).toEqual({ code, printed });
  });
});
