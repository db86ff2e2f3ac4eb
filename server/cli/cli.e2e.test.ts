import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { openDb } from "../../db/open.ts";
import { ENGINES } from "../../testing/engines.ts";
import { emptyFolder, useCli } from "../../testing/process.ts";
import { basic, SECRET_KEY, Service } from "../../testing/service.ts";

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
    expect(await service.query("me", token)).toMatchObject({ status: 200 });
    expect(await tegata("users", "disable", "nobody")).toEqual({
      code: 1,
      printed: "unknown user nobody\n",
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
    [["clients", "add", "x", "--scopes", "me"], /^--grants: name at least one/],
    [
      ["clients", "add", "x", "--grants", "implicit", "--scopes", "me"],
      /^--grants: unknown grant implicit/,
    ],
    [
      ["clients", "add", "x", "--grants", "client_credentials", "--scopes", "me", "--public"],
      /^--grants: client_credentials needs/,
    ],
    [["clients", "add", "x", "--grants", "password"], /^--scopes: name at least one/],
    [["clients", "add", "x", "--grants", "password", "--scopes", "*"], /^--scopes: \* is reserved/],
    [
      ["clients", "add", "x", "--grants", "password", "--scopes", 'a"b'],
      /^--scopes: a scope must contain only printable ASCII/,
    ],
    [
      ["clients", "add", "x", "--grants", "password", "--scopes", "itmes"],
      /^--scopes: unknown scope/,
    ],
    [["nonsense"], /^unknown command nonsense: /],
    [[], /^Usage: tegata/],
    [["clients", "list", "--colour"], /Unknown option '--colour'/],
  ])("%j fails with an error message and no stack trace", async (args, why) => {
    const { code, printed } = await tegata(...args);
    expect(code).toBe(1);
    expect(printed).toMatch(why);
    expect(printed).not.toMatch(/^ {4}at /m);
  });
});
