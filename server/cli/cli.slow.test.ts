import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { openDb } from "../../db/open.ts";
import { openApp } from "../../testing/apps.ts";
import { addApp } from "../../testing/authorization.ts";
import { ENGINES } from "../../testing/engines.ts";
import { emptyFolder, useCli } from "../../testing/process.ts";
import { basic, SECRET_KEY, Service } from "../../testing/service.ts";
import { arrive } from "../../testing/visitor.ts";

const runCli = useCli();

describe.each(ENGINES)("the CLI on $name, while the service is running", (engine) => {
  let env: Record<string, string>;
  const service = new Service();
  beforeAll(async () => {
    const url = await engine.emptyDatabase();
    env = { DATABASE_URL: url, SECRET_KEY };
    await service.start({ ...engine, emptyDatabase: async () => url }, {});
    return () => service.stop();
  });
  const tegata = (...args: string[]) => runCli(env, args);
  const form = { grant_type: "client_credentials" };

  test("adds a client whose secret works and is not stored", async () => {
    const { code, printed } = await tegata(
      "clients",
      "add",
      "billing",
      "--grants",
      "client_credentials",
      "--scopes",
      "orders:read,orders:write",
    );
    expect(code).toBe(0);
    const [, secret = ""] = printed.match(/^client_secret {2}([\w-]{43})$/m) ?? [];
    expect(await service.token(form, basic("billing", secret))).toMatchObject({
      status: 200,
      json: { scope: "orders:read orders:write" },
    });
    expect(JSON.stringify(await service.tegata.db.clients.list())).not.toContain(secret);
    const again = await tegata(
      "clients",
      "add",
      "billing",
      "--grants",
      "client_credentials",
      "--scopes",
      "me",
    );
    expect(again).toEqual({ code: 1, printed: "the client billing already exists\n" });
    expect(await service.token(form, basic("billing", secret))).toMatchObject({ status: 200 });
  });

  test("lists clients without their secrets, and removes a client and its tokens", async () => {
    const added = await tegata(
      "clients",
      "add",
      "a.page",
      "--public",
      "--grants",
      "password refresh_token",
      "--scopes",
      "me",
    );
    expect(added).toEqual({ code: 0, printed: "added a.page\n" });
    const { printed } = await tegata("clients", "list");
    expect(printed).toBe(
      "a.page\tpublic\tpassword refresh_token\tme\nbilling\tconfidential\tclient_credentials\torders:read orders:write\n",
    );
    const { email, password } = await service.person();
    const login = { grant_type: "password", username: email, password, client_id: "a.page" };
    const { access_token, refresh_token } = service.issued(await service.token(login));
    expect(await tegata("clients", "remove", "a.page")).toEqual({
      code: 0,
      printed: "removed a.page and ended its sessions\n",
    });
    expect(await service.query("me", access_token)).toMatchObject({ status: 401 });
    expect(await service.refresh(refresh_token, { client_id: "a.page" })).toMatchObject({
      status: 400,
      json: { error: "invalid_client" },
    });
    expect(await tegata("clients", "remove", "a.page")).toEqual({
      code: 1,
      printed: "unknown client a.page\n",
    });
  });

  test("disables and enables an account by email or username", async () => {
    const person = await service.person({ username: "ada" });
    const token = await service.login(person);
    expect(await tegata("users", "disable", "ada")).toEqual({
      code: 0,
      printed: "disabled ada\n",
    });
    expect(await service.query("me", token)).toMatchObject({ status: 403 });
    expect(await tegata("users", "enable", person.email.toUpperCase())).toEqual({
      code: 0,
      printed: `enabled ${person.email.toUpperCase()}\n`,
    });
    // The token from before does not come back.
    expect(await service.query("me", token)).toMatchObject({ status: 401 });
    const again = await service.login(person);
    expect(await tegata("users", "enable", "ada")).toMatchObject({ code: 0 });
    expect(await service.query("me", again)).toMatchObject({ status: 200 });
    expect(await tegata("users", "disable", "nobody")).toEqual({
      code: 1,
      printed: "unknown user nobody\n",
    });
  });

  test("lists and ends the sessions of a user, and of nobody else", async () => {
    const [person, other] = [await service.person({ username: "grace" }), await service.person()];
    const tokens = [await service.login(person), await service.login(person)];
    const kept = await service.login(other);
    const { printed } = await tegata("users", "sessions", "grace");
    expect(printed).toMatch(
      /^([\w-]{22}\ttegata\t\d{4}-[\d:T.-]+Z\t\d{4}-[\d:T.-]+Z\tnode\t-\n){2}$/,
    );
    const listed = await tegata("users", "sessions", person.email, "--json");
    expect(JSON.parse(listed.printed)).toEqual(
      printed
        .trim()
        .split("\n")
        .map((line) => {
          const [id, client, createdAt, lastUsedAt, userAgent] = line.split("\t");
          return { id, client, createdAt, lastUsedAt, userAgent, openedIn: null };
        }),
    );
    expect(await tegata("users", "sessions", "grace", "--end")).toEqual({
      code: 0,
      printed: "ended 2 sessions of grace\n",
    });
    for (const token of tokens)
      expect(await service.query("me", token)).toMatchObject({ status: 401 });
    expect(await service.query("me", kept)).toMatchObject({ status: 200 });
    expect(await tegata("users", "sessions", "grace")).toEqual({
      code: 0,
      printed: "grace has no active session\n",
    });
    for (const options of [[], ["--end"]])
      expect(await tegata("users", "sessions", "nobody", ...options)).toEqual({
        code: 1,
        printed: "unknown user nobody\n",
      });
  });

  test("does not print what could control the terminal", async () => {
    const person = await service.person({ username: "mallory" });
    const login = { grant_type: "password", username: person.email, password: person.password };
    const agent = { "user-agent": "curl\u009b2J" };
    service.issued(await service.token(login, agent));
    const { printed } = await tegata("users", "sessions", "mallory");
    expect(printed).toMatch(/\tcurl\?2J\t-\n$/);
    expect(await tegata("users", "sessions", "mallory", "--end")).toEqual({
      code: 0,
      printed: "ended 1 session of mallory\n",
    });
  });

  test("shows what a browser has opened, and which apps a user lets in", async () => {
    await addApp(service, { firstParty: false });
    const { person, visitor } = await arrive(service);
    await openApp(service, visitor, "app", "me items");
    const listed = await tegata("users", "sessions", person.email, "--json");
    const [browser, app, ...others] = JSON.parse(listed.printed);
    expect(others).toEqual([]);
    expect(browser).toMatchObject({ client: "tegata", openedIn: null });
    expect(app).toMatchObject({ client: "app", openedIn: browser.id });
    expect((await tegata("users", "sessions", person.email)).printed).toContain(
      `\t${browser.id}\n`,
    );
    expect((await tegata("users", "show", person.email)).printed).toMatch(
      /^apps {13}app (me items|items me)$/m,
    );
    const shown = await tegata("users", "show", person.email, "--json");
    const grantedAt = expect.stringMatching(/Z$/);
    expect(JSON.parse(shown.printed)).toMatchObject({
      sessions: 1,
      apps: [
        { client: "app", scopes: expect.arrayContaining(["me", "items"]), grantedAt, sessions: 1 },
      ],
    });
  });
});

describe("an invalid command", () => {
  const tegata = (...args: string[]) => runCli(env, args);
  const env = { DATABASE_URL: `file:${join(emptyFolder(), "x.db")}`, SECRET_KEY };
  beforeAll(async () => (await openDb(env.DATABASE_URL, { migrate: true })).close());

  test.each([
    [
      ["clients", "add", "5", "--grants", "password", "--scopes", "me"],
      /^ID: must start with a letter/,
    ],
    [
      ["clients", "add", "tegata", "--grants", "password", "--scopes", "me"],
      /^ID: tegata is built in/,
    ],
    [["clients", "add", "x", "--scopes", "me"], /^--grants: name at least one/, 2],
    [
      ["clients", "add", "x", "--grants", "implicit", "--scopes", "me"],
      /^--grants: unknown grant implicit/,
    ],
    [
      ["clients", "add", "x", "--grants", "client_credentials", "--scopes", "me", "--public"],
      /^--grants: client_credentials needs/,
    ],
    [["clients", "add", "x", "--grants", "password"], /^--scopes: name at least one/, 2],
    [["clients", "add", "x", "--grants", "password", "--scopes", "*"], /^--scopes: \* is reserved/],
    [
      ["clients", "add", "x", "--grants", "password", "--scopes", 'a"b'],
      /^--scopes: a scope must contain only printable ASCII/,
    ],
    [
      ["clients", "add", "x", "--grants", "password", "--scopes", "itmes"],
      /^--scopes: unknown scope/,
    ],
    [["nonsense"], /^unknown command nonsense: /, 2],
    [[], /^name a command\nUsage: tegata/, 2],
    [["clients", "list", "--colour"], /^Unknown option '--colour'/, 2],
  ])("%j fails with an error message and no stack trace", async (args, why, expected = 1) => {
    const { code, printed } = await tegata(...args);
    expect(code).toBe(expected);
    expect(printed).toMatch(why);
    expect(printed).not.toMatch(/^ {4}at /m);
  });
});
