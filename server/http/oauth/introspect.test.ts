import { decodeJwt } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { basic, FULL_SCOPE, ISSUER, useService } from "../../../testing/service.ts";

describe.each(ENGINES)("POST /introspect on $name", (engine) => {
  const service = useService(engine);
  let person: { id: number; email: string; password: string };
  let secret: string;
  let other: string;
  beforeAll(async () => {
    person = await service.person({ username: "ada" });
    secret = await service.client("api", {
      grants: "client_credentials password refresh_token",
      scopes: "me orders",
    });
    other = await service.client("other");
    await service.client("app", { public: true });
  });
  const introspect = (token: string, more: Record<string, string> = {}) =>
    service.post("/introspect", { token, ...more }, basic("api", secret));
  const inactive = async (token: string) => {
    const answer = await introspect(token);
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('{"active":false}');
  };
  const times = { iat: expect.any(Number), exp: expect.any(Number) };

  test.each([undefined, "access_token", "refresh_token", "nonsense"])(
    "describes a user's access token, with the hint %s",
    async (hint) => {
      const before = Math.floor(Date.now() / 1000);
      const { access_token } = await service.tokens(person);
      const answer = await introspect(access_token, hint ? { token_type_hint: hint } : {});
      const claims = decodeJwt(access_token);
      expect(answer.json).toEqual({
        active: true,
        iss: ISSUER,
        aud: ISSUER,
        sub: String(person.id),
        client_id: "tegata",
        scope: FULL_SCOPE,
        token_type: "Bearer",
        sid: claims.sid,
        jti: claims.jti,
        iat: claims.iat,
        exp: claims.exp,
      });
      expect(claims.iat).toBeGreaterThanOrEqual(before);
      expect(answer.headers.get("cache-control")).toBe("no-store");
    },
  );

  test("describes a client's own access token", async () => {
    const form = { grant_type: "client_credentials", scope: "orders" };
    const { access_token } = service.issued(await service.token(form, basic("api", secret)));
    const { json } = await introspect(access_token);
    expect(json).toMatchObject({
      active: true,
      sub: "api",
      client_id: "api",
      scope: "orders",
      ...times,
    });
  });

  test("describes a refresh token only to its own client", async () => {
    const login = { grant_type: "password", username: "ada", password: person.password };
    const { refresh_token } = service.issued(await service.token(login, basic("api", secret)));
    const { json } = await introspect(refresh_token);
    expect(json).toEqual({
      active: true,
      iss: ISSUER,
      sub: String(person.id),
      client_id: "api",
      scope: "me orders",
      sid: expect.any(String),
      ...times,
    });
    const { iat, exp } = json as { iat: number; exp: number };
    expect(exp - iat).toBe(30 * 86_400);
    expect(
      (await service.post("/introspect", { token: refresh_token }, basic("other", other))).json,
    ).toEqual({ active: false });
    await inactive((await service.tokens(person)).refresh_token);
  });

  test("returns only active: false for a token that is not active", async () => {
    for (const token of ["unknown", "a.b.c", "\u00e9", `${await service.login(person)}x`])
      await inactive(token);

    const late = await service.tokens(person);
    service.ahead = 31 * 60_000;
    await inactive(late.access_token);
    service.ahead = 0;

    const revoked = await service.tokens(person);
    await service.post("/revoke", { token: revoked.refresh_token });
    await inactive(revoked.access_token);

    const login = { grant_type: "password", username: "ada", password: person.password };
    const spent = service.issued(await service.token(login, basic("api", secret)));
    const child = service.issued(
      await service.token(
        { grant_type: "refresh_token", refresh_token: spent.refresh_token },
        basic("api", secret),
      ),
    );
    await inactive(spent.refresh_token);

    await service.tegata.db.users.setDisabled(person.id, true);
    await inactive(child.access_token);
    await inactive(child.refresh_token);
    await service.tegata.db.users.setDisabled(person.id, false);
    expect((await introspect(child.refresh_token)).json).toMatchObject({ active: true });
  });

  test("responds only to clients with a secret", async () => {
    const token = await service.login(person);
    const refused = { status: 401, json: { error: "invalid_client" } };
    expect(await service.post("/introspect", { token })).toMatchObject(refused);
    expect(await service.post("/introspect", { token, client_id: "app" })).toMatchObject(refused);
    expect(await service.post("/introspect", { token, client_id: "api" })).toMatchObject(refused);
    const wrong = await service.post("/introspect", { token }, basic("api", "wrong"));
    expect(wrong).toMatchObject(refused);
    expect(wrong.headers.get("www-authenticate")).toMatch(/^Basic /);
    const post = { token, client_id: "api", client_secret: secret };
    expect((await service.post("/introspect", post)).json).toMatchObject({ active: true });
  });

  test("a request without a token, with two tokens, with GET or with a token in the URL is rejected", async () => {
    const error = { error: "invalid_request" };
    const headers = basic("api", secret);
    expect(await service.post("/introspect", "", headers)).toMatchObject({
      status: 400,
      json: error,
    });
    expect(await service.post("/introspect", "token=a&token=b", headers)).toMatchObject({
      status: 400,
      json: error,
    });
    expect(await service.post("/introspect?token=x", "token=a", headers)).toMatchObject({
      status: 400,
      json: error,
    });
    expect(await service.request("GET", "/introspect", { headers })).toMatchObject({
      status: 405,
      json: error,
    });
  });
});
