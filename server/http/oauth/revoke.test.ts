import { beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { basic, type Tokens, useService } from "../../../testing/service.ts";

describe.each(ENGINES)("POST /revoke on $name", (engine) => {
  const service = useService(engine);
  let person: { email: string; password: string };
  let secret: string;
  beforeAll(async () => {
    person = await service.person();
    secret = await service.client("api", { grants: "client_credentials password refresh_token" });
    await service.client("app", { grants: "password refresh_token", public: true });
  });
  const revoke = (token: string, more: Record<string, string> = {}, headers = {}) =>
    service.post("/revoke", { token, ...more }, headers);
  const done = { status: 200, json: {} };
  const introspect = (token: string) =>
    service.post("/introspect", { token }, basic("api", secret));
  const expectDead = async ({ access_token, refresh_token }: Tokens) => {
    expect(await service.query("me", access_token)).toMatchObject({ status: 401 });
    expect(await service.query("isLoggedIn", access_token)).toMatchObject({
      json: { result: { data: false } },
    });
    expect((await introspect(access_token)).json).toEqual({ active: false });
    expect(await service.refresh(refresh_token)).toMatchObject({
      json: { error: "invalid_grant" },
    });
  };

  test.each([undefined, "refresh_token", "access_token", "nonsense"])(
    "a refresh token or an access token with the hint %s ends the session immediately",
    async (hint) => {
      const more: Record<string, string> = hint ? { token_type_hint: hint } : {};
      for (const kind of ["refresh_token", "access_token"] as const) {
        const tokens = await service.tokens(person);
        expect(await service.query("me", tokens.access_token)).toMatchObject({ status: 200 });
        const answer = await revoke(tokens[kind], more);
        expect(answer).toMatchObject(done);
        expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
        expect(answer.headers.get("cache-control")).toBe("no-store");
        await expectDead(tokens);
      }
    },
  );

  test("other sessions stay active", async () => {
    const [one, two] = [await service.tokens(person), await service.tokens(person)];
    await revoke(one.refresh_token);
    expect(await service.query("me", two.access_token)).toMatchObject({ status: 200 });
    expect(await service.refresh(two.refresh_token)).toMatchObject({ status: 200 });
  });

  test("a used refresh token ends the session too", async () => {
    const { refresh_token } = await service.tokens(person);
    const child = service.issued(await service.refresh(refresh_token));
    expect(await revoke(refresh_token)).toMatchObject(done);
    await expectDead(child);
  });

  test("an unknown, malformed or revoked token is 200", async () => {
    const tokens = await service.tokens(person);
    await revoke(tokens.refresh_token);
    for (const token of ["unknown", "a.b.c", "\u00e9", tokens.refresh_token, tokens.access_token])
      expect(await revoke(token)).toMatchObject(done);
  });

  test("another client's token is rejected and stays valid", async () => {
    const tokens = await service.tokens(person);
    for (const token of [tokens.refresh_token, tokens.access_token]) {
      const refused = { status: 400, json: { error: "invalid_grant" } };
      expect(await revoke(token, {}, basic("api", secret))).toMatchObject(refused);
      expect(await revoke(token, { client_id: "app" })).toMatchObject(refused);
    }
    expect(await service.query("me", tokens.access_token)).toMatchObject({ status: 200 });
    expect(await service.refresh(tokens.refresh_token)).toMatchObject({ status: 200 });
  });

  test("a client can revoke its own token", async () => {
    const form = { grant_type: "client_credentials" };
    const { access_token } = service.issued(await service.token(form, basic("api", secret)));
    expect((await introspect(access_token)).json).toMatchObject({ active: true });
    expect(await revoke(access_token, {}, basic("api", secret))).toMatchObject(done);
    expect((await introspect(access_token)).json).toEqual({ active: false });
  });

  test("a client with a secret must authenticate", async () => {
    const { refresh_token } = await service.tokens(person);
    expect(await revoke(refresh_token, { client_id: "api" })).toMatchObject({
      status: 400,
      json: { error: "invalid_client" },
    });
    const wrong = await revoke(refresh_token, {}, basic("api", "wrong"));
    expect(wrong).toMatchObject({ status: 401, json: { error: "invalid_client" } });
    expect(wrong.headers.get("www-authenticate")).toMatch(/^Basic /);
  });

  test.each([
    ["no token", "", "token is missing"],
    ["an empty token", "token=", "token is missing"],
    ["two tokens", "token=a&token=b", "a parameter is repeated"],
  ])("%s is invalid_request", async (_, body, error_description) => {
    const json = { error: "invalid_request", error_description };
    expect(await service.post("/revoke", body)).toMatchObject({ status: 400, json });
  });

  test("a token in the URL, another method and another content type are rejected", async () => {
    const error = { error: "invalid_request" };
    expect(await service.post("/revoke?token=x", "")).toMatchObject({ status: 400, json: error });
    const get = await service.request("GET", "/revoke");
    expect(get).toMatchObject({ status: 405, json: error });
    expect(get.headers.get("allow")).toBe("POST");
    const headers = { "content-type": "application/json" };
    expect(
      await service.request("POST", "/revoke", { body: '{"token":"x"}', headers }),
    ).toMatchObject({ status: 400, json: error });
  });
});
