import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { createTegata as createClient, memoryStore } from "../client/index.ts";
import { openDb } from "../db/open.ts";
import { type Application, askForTokens, embed, register } from "../testing/embedding.ts";
import { ENGINES } from "../testing/engines.ts";
import { basic, FULL_SCOPE, PASSWORD } from "../testing/service.ts";
import { hashSecret } from "./clients/secrets.ts";
import {
  createTegata,
  router,
  type Scope,
  signedIn,
  signedInWith,
  type WithTegata,
} from "./index.ts";

const scopes = { "memos:read": "Read your memos", "memos:write": "Add memos" };
const forMemos = signedInWith(scopes);
const own = router({
  memos: router({
    list: forMemos("memos:read")
      .meta({ rest: "GET /api/memos", summary: "List your memos" })
      .output(z.array(z.string().meta({ example: "one" })))
      .query(({ ctx }) => [`of ${ctx.user.email}`]),
    add: forMemos("memos:write").mutation(({ ctx }) => ctx.user.id),
    own: forMemos("me").query(() => "me"),
  }),
});
const ALL = `${FULL_SCOPE} memos:read memos:write`;

describe.each(ENGINES)("the scopes of an application on $name", (engine) => {
  let url = "";
  let database = "";
  let app: Application;
  beforeAll(async () => {
    database = await engine.emptyDatabase();
    app = await embed({ settings: { DATABASE_URL: database }, router: own, scopes });
    url = app.url;
  });
  afterAll(() => app.close());
  const get = async (path: string, token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(url + path, { headers });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  let people = 0;
  const logIn = async (more: Record<string, string> = {}) => {
    people += 1;
    const { email } = await register(url, `person${people}@example.com`);
    return askForTokens(url, {
      grant_type: "password",
      username: email,
      password: PASSWORD,
      ...more,
    });
  };

  test("belong to a login that asks for none, so that the typed client can call everything", async () => {
    expect((await logIn()).json["scope"]).toBe(ALL);
    const { email, password } = await register(url, "ada@example.com");
    const client = createClient<WithTegata<typeof own>>({ url, store: memoryStore() });
    await client.login(email, password);
    expect(await client.api.memos.list.query()).toEqual(["of ada@example.com"]);
    expect(await client.api.memos.add.mutate()).toBe((await client.api.me.query()).id);
    await client.logout();
  });

  test("can be asked for, and then a token has no others", async () => {
    const { json } = await logIn({ scope: "memos:read" });
    expect(json["scope"]).toBe("memos:read");
    const token = String(json["access_token"]);
    for (const path of ["/trpc/memos.list", "/api/memos"])
      expect(await get(path, token), path).toMatchObject({ status: 200 });
    const refused = await get("/trpc/memos.own", token);
    expect(refused).toMatchObject({ status: 403 });
    expect(refused.headers.get("www-authenticate")).toBe(
      'Bearer realm="tegata", error="insufficient_scope", scope="me"',
    );
    const { json: of } = await logIn({ scope: "me memos:write" });
    for (const path of ["/trpc/memos.list", "/api/memos"]) {
      const { status, text, headers } = await get(path, String(of["access_token"]));
      expect({ status, text }).toMatchObject({
        status: 403,
        text: expect.stringContaining("insufficient_scope"),
      });
      expect(headers.get("www-authenticate")).toContain('scope="memos:read"');
    }
    const refresh = { grant_type: "refresh_token", refresh_token: String(of["refresh_token"]) };
    expect((await askForTokens(url, refresh)).json["scope"]).toBe("me memos:write");
  });

  test("that it does not have are refused, with the names of all", async () => {
    const { status, json } = await logIn({ scope: "memos:read memos:delete" });
    expect({ status, json }).toMatchObject({ status: 400, json: { error: "invalid_scope" } });
    expect(json["error_description"]).toBe(`the allowed scopes are: ${ALL}`);
  });

  test("are in the metadata, in the OpenAPI document, and in what introspection says", async () => {
    const read = async (path: string) => (await fetch(url + path)).json();
    const metadata = await read("/.well-known/oauth-authorization-server");
    const supported = [...ALL.split(" "), "openid", "profile", "email"];
    expect(metadata).toMatchObject({ scopes_supported: supported });
    expect(await read("/openapi.json")).toMatchObject({
      paths: { "/api/memos": { get: { security: [{ user: ["memos:read"] }] } } },
      components: {
        securitySchemes: {
          user: { flows: { password: { scopes: expect.objectContaining(scopes) } } },
        },
      },
    });
    const db = await openDb(database, { migrate: false });
    const row = { grants: "client_credentials", scopes: "memos:read", createdAtMs: 1 };
    await db.clients.add({ id: "robot", secretHash: hashSecret("s"), ...row });
    await db.close();
    const asRobot = async (path: string, form: Record<string, string>) => {
      const body = new URLSearchParams(form);
      const headers = basic("robot", "s");
      return (await fetch(url + path, { method: "POST", headers, body })).json();
    };
    const { json } = await logIn();
    for (const token of [json["access_token"], json["refresh_token"]]) {
      const form = { token: String(token) };
      const active = token === json["access_token"];
      expect(await asRobot("/introspect", form)).toMatchObject(
        active ? { active, scope: ALL } : { active },
      );
    }
    const issued = await asRobot("/token", { grant_type: "client_credentials" });
    expect(issued).toMatchObject({ scope: "memos:read" });
    const { access_token } = issued as { access_token: string };
    expect((await get("/trpc/memos.list", access_token)).text).toContain("not_a_user");
  });

  test("that are new reach open sessions at their next refresh, and are gone with the application", async () => {
    const settings = { DATABASE_URL: await engine.emptyDatabase() };
    const before = await embed({ settings });
    const { email } = await register(before.url, "ada@example.com");
    const form = { grant_type: "password", username: email, password: PASSWORD };
    const { json: first } = await askForTokens(before.url, form);
    expect(first["scope"]).toBe(FULL_SCOPE);
    await before.close();
    const refresh = (token: string | undefined) => ({
      grant_type: "refresh_token",
      refresh_token: String(token),
    });
    const after = await embed({ settings, scopes });
    const { json: second } = await askForTokens(after.url, refresh(first["refresh_token"]));
    expect(second["scope"]).toBe(ALL);
    await after.close();
    const again = await embed({ settings });
    const { json: third } = await askForTokens(again.url, refresh(second["refresh_token"]));
    expect(third["scope"]).toBe(FULL_SCOPE);
    await again.close();
  });
});

describe("a scope", () => {
  const settings = { DATABASE_URL: "file:/dev/null/never-opened.db" };
  test.each([
    ["without a name before it", { write: "x" }],
    ["that reads like one of Tegata", { "Me:write": "x" }],
    ["with a space", { "memos:a b": "x" }],
    ["without a name after it", { "memos:": "x" }],
    ["that stands for all", { "*": "x" }],
  ])("%s does not start", async (_, wrong: Record<string, string>) => {
    await expect(createTegata({ settings, scopes: wrong })).rejects.toThrow(
      /^Fix these scopes of Tegata:\n {2}.*: must name your application before a colon/,
    );
  });

  test("that is too long together with the others does not start", async () => {
    const long = { [`memos:${"x".repeat(990)}`]: "x" };
    await expect(createTegata({ settings, scopes: long })).rejects.toThrow(
      /at most 1000 characters/,
    );
  });

  test("that a procedure needs, but nobody can have, does not start", async () => {
    const { "memos:read": read } = scopes;
    await expect(
      createTegata({ settings, router: own, scopes: { "memos:read": read } }),
    ).rejects.toThrow("memos:write: add it to the option scopes, because memos.add needs it");
    await expect(createTegata({ settings, router: own })).rejects.toThrow(/memos:read: add it/);
  });

  test("that was not declared does not compile", () => {
    // @ts-expect-error: only Tegata's own without a declaration
    void signedIn("memos:read");
    // @ts-expect-error: a misspelled name
    void forMemos("memos:raed");
    // @ts-expect-error: it does not name the application
    void signedInWith({ write: "x" });
    const all: (Scope | keyof typeof scopes)[] = ["me", "items", "memos:read", "memos:write"];
    expect(all.map((scope) => forMemos(scope)._def.meta?.scope)).toEqual(all);
  });
});
