import { decodeJwt } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { basic, ISSUER, useService } from "../../../testing/service.ts";

describe.each(ENGINES)("client authentication on $name", (engine) => {
  const service = useService(engine);
  const form = { grant_type: "client_credentials" };
  let secret: string;
  beforeAll(async () => {
    secret = await service.client("api", { scopes: "orders:read orders:write" });
    await service.client("app", { grants: "password client_credentials", public: true });
  });
  const granted = {
    status: 200,
    json: { token_type: "Bearer", scope: "orders:read orders:write" },
  };
  const invalidClient = { status: 401, json: { error: "invalid_client" } };

  test("accepts Basic with form-encoding as in RFC 6749 section 2.3.1", async () => {
    expect(encodeURIComponent(secret)).not.toBe(secret);
    expect(await service.token(form, basic("api", secret))).toMatchObject(granted);
    const plus = encodeURIComponent(secret).replaceAll("%20", "+");
    expect(
      await service.token(form, { authorization: `Basic ${btoa(`api:${plus}`)}` }),
    ).toMatchObject(granted);
    expect(
      await service.token(form, { authorization: `bAsIc  ${btoa(`api:${plus}`)}` }),
    ).toMatchObject(granted);
  });

  test("accepts the secret in the body", async () => {
    expect(await service.token({ ...form, client_id: "api", client_secret: secret })).toMatchObject(
      granted,
    );
  });

  test("accepts Basic with the same client_id in the body", async () => {
    expect(await service.token({ ...form, client_id: "api" }, basic("api", secret))).toMatchObject(
      granted,
    );
  });

  test.each<[string, Record<string, string>, () => Record<string, string>]>([
    [
      "Basic and a client_id and secret in the body",
      { client_id: "api", client_secret: "x" },
      () => basic("api", secret),
    ],
    ["Basic and only a secret in the body", { client_secret: "x" }, () => basic("api", secret)],
    ["Basic and another client_id in the body", { client_id: "app" }, () => basic("api", secret)],
  ])("%s is invalid_request", async (_, more, headers) => {
    const answer = await service.token({ ...form, ...more }, headers());
    expect(answer).toMatchObject({
      status: 400,
      json: {
        error: "invalid_request",
        error_description: "the request names or authenticates the client twice",
      },
    });
  });

  test.each<[string, () => Record<string, string>]>([
    ["an incorrect secret", () => basic("api", "wrong")],
    ["no secret", () => basic("api", "")],
    ["an unknown client", () => basic("nobody", secret)],
    ["a secret without a client id", () => basic("", secret)],
    ["a client id in another case", () => basic("API", secret)],
    ["a secret for a public client", () => basic("app", "secret")],
    ["a secret for the built-in client", () => basic("tegata", "secret")],
    ["invalid base64", () => ({ authorization: "Basic %%%" })],
    [
      "bytes that are not UTF-8",
      () => ({ authorization: `Basic ${Buffer.from([0xff, 0x3a, 0xfe]).toString("base64")}` }),
    ],
    ["an invalid escape", () => ({ authorization: `Basic ${btoa("api:%zz")}` })],
    ["a NUL", () => ({ authorization: `Basic ${btoa("api\0:x")}` })],
    ["__proto__", () => basic("__proto__", "x")],
  ])("Basic with %s fails with a Basic challenge", async (_, headers) => {
    const answer = await service.token(form, headers());
    expect(answer).toMatchObject(invalidClient);
    expect(answer.headers.get("www-authenticate")).toBe('Basic realm="tegata", charset="UTF-8"');
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  test.each<[string, Record<string, string>]>([
    ["an incorrect secret", { client_id: "api", client_secret: "wrong" }],
    ["only the id of a client that has a secret", { client_id: "api" }],
    ["an empty secret for a client that has one", { client_id: "api", client_secret: "" }],
    ["an unknown client", { client_id: "nobody", client_secret: "x" }],
    ["a secret without a client", { client_secret: "x" }],
    ["the hash instead of the secret", { client_id: "api", client_secret: "hash" }],
  ])("a body with %s fails with 400 and no challenge", async (_, more) => {
    const { secretHash = "" } = (await service.tegata.db.clients.find("api")) ?? {};
    const sent =
      more["client_secret"] === "hash" ? { ...more, client_secret: secretHash ?? "" } : more;
    const answer = await service.token({ ...form, ...sent });
    expect(answer).toMatchObject({ status: 400, json: { error: "invalid_client" } });
    expect(answer.headers.get("www-authenticate")).toBeNull();
    const leftOver = await service.token({ ...form, ...sent }, { authorization: "Bearer a.b.c" });
    expect(leftOver).toMatchObject(invalidClient);
    expect(leftOver.headers.get("www-authenticate")).toMatch(/^Basic /);
  });

  test.each([
    ["the empty Basic header of Swagger UI", "Basic Og=="],
    ["a Bearer token from an earlier login", "Bearer a.b.c"],
  ])("an Authorization header that is %s does not identify a client", async (_, authorization) => {
    const { email, password } = await service.person();
    const login = { grant_type: "password", username: email, password };
    const answer = await service.token(login, { authorization });
    expect(decodeJwt(service.issued(answer).access_token)).toMatchObject({ client_id: "tegata" });
  });

  test("a public client may send an empty secret by Basic or in the body", async () => {
    const { email, password } = await service.person();
    const login = { grant_type: "password", username: email, password };
    const ways: [Record<string, string>, Record<string, string>][] = [
      [{ client_id: "app", client_secret: "" }, {}],
      [{}, basic("app", "")],
      [{}, basic("tegata", "")],
    ];
    for (const [more, headers] of ways)
      expect(await service.token({ ...login, ...more }, headers)).toMatchObject({ status: 200 });
  });

  test("a grant that the client may not use is unauthorized_client", async () => {
    const refused = { status: 400, json: { error: "unauthorized_client" } };
    const login = { grant_type: "password", username: "x", password: "y" };
    expect(await service.token(login, basic("api", secret))).toMatchObject(refused);
    expect(
      await service.token({ grant_type: "refresh_token", refresh_token: "x", client_id: "app" }),
    ).toMatchObject(refused);
    expect(await service.token(form)).toMatchObject(refused);
    // The grant is listed for this client, but the client has no secret (RFC 6749 section 4.4).
    expect(await service.token({ ...form, client_id: "app" })).toMatchObject(refused);
  });

  test("only the hash of a secret is stored", async () => {
    expect(JSON.stringify(await service.tegata.db.clients.list())).not.toContain(secret);
  });

  describe("the client_credentials grant", () => {
    const ask = (more: Record<string, string> = {}) =>
      service.token({ ...form, ...more }, basic("api", secret));

    test("returns a token for the client itself, and no refresh token", async () => {
      service.stoppedAt = Date.now();
      const answer = await ask();
      service.stoppedAt = undefined;
      expect(answer.json).toEqual({
        access_token: expect.any(String),
        token_type: "Bearer",
        // It may be one second less than 1800.
        expires_in: expect.closeTo(1800, -1),
        scope: "orders:read orders:write",
      });
      expect(decodeJwt(service.issued(answer).access_token)).toMatchObject({
        iss: ISSUER,
        sub: "api",
        client_id: "api",
        scope: "orders:read orders:write",
      });
    });

    test("grants the requested scopes if the client has them", async () => {
      expect(await ask({ scope: "orders:read" })).toMatchObject({ json: { scope: "orders:read" } });
      for (const scope of ["me", "orders:read me", "orders"])
        expect(await ask({ scope })).toMatchObject({
          status: 400,
          json: { error: "invalid_scope" },
        });
    });

    test("returns a token without a user, which me rejects and for which isLoggedIn is false", async () => {
      const { access_token } = service.issued(await ask());
      expect(await service.query("me", access_token)).toMatchObject({
        status: 403,
        json: { error: { data: { reason: "not_a_user" } } },
      });
      expect(await service.query("isLoggedIn", access_token)).toMatchObject({
        json: { result: { data: false } },
      });
    });

    test("the token of a client whose id is a number does not belong to a user", async () => {
      const { id } = await service.person();
      const other = await service.client(String(id), {});
      const { access_token } = service.issued(await service.token(form, basic(String(id), other)));
      expect(await service.query("me", access_token)).toMatchObject({ status: 403 });
    });
  });
});
