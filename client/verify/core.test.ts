import { initTRPC } from "@trpc/server";
import fc from "fast-check";
import { generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { afterEach, beforeAll, beforeEach, describe, expect, expectTypeOf, test, vi } from "vitest";
import { hashSecret } from "../../server/clients/secrets.ts";
import { IDENTITY_SCOPES } from "../../server/tokens/scopes.ts";
import { ENGINES } from "../../testing/engines.ts";
import { FULL_SCOPE, ISSUER, type Service, useService } from "../../testing/service.ts";
import { type AccessClaims, createVerifier, type Verifier, type VerifierOptions } from "./core.ts";
import { trpcAuth } from "./trpc.ts";

const SECOND_MS = 1000;
const CLIENT = { clientId: "orders service", clientSecret: "s3cret: + and %41 and ü" };

// It warns about tokens of other issuers and audiences.
beforeEach(() => void vi.spyOn(console, "warn").mockReturnValue());
afterEach(() => void vi.restoreAllMocks());

describe.each(ENGINES)("a verifier beside $name", (engine) => {
  const service = useService(engine);
  const bySignature = (more: Partial<VerifierOptions> = {}) =>
    createVerifier({
      issuer: ISSUER,
      jwksUri: `${service.url}/.well-known/jwks.json`,
      ...more,
    });
  const byIntrospection = (more: Partial<VerifierOptions> = {}) =>
    createVerifier({
      issuer: ISSUER,
      introspection: { ...CLIENT, url: `${service.url}/introspect` },
      ...more,
    });

  beforeAll(async () => {
    await service.tegata.db.clients.add({
      id: CLIENT.clientId,
      secretHash: hashSecret(service.secret(CLIENT.clientSecret)),
      grants: "client_credentials password refresh_token",
      scopes: "me",
      createdAtMs: 0,
    });
  });

  const asClient = (form: Record<string, string>) =>
    service.token({
      ...form,
      client_id: CLIENT.clientId,
      client_secret: CLIENT.clientSecret,
    });

  describe.each([
    ["by signature", bySignature],
    ["by introspection", byIntrospection],
  ])("%s", (_, make) => {
    test("returns the claims of a valid token", async () => {
      const person = await service.person();
      const claims = await make().verifyAccessToken(await service.login(person));
      expect(claims).toEqual({
        subject: String(person.id),
        userId: person.id,
        clientId: "tegata",
        scopes: FULL_SCOPE.split(" "),
        sessionId: expect.any(String),
        expiresAt: expect.closeTo(Date.now() / 1000 + 1800, -1),
      });
    });

    test("returns no user id if a client acts on its own behalf", async () => {
      const { json } = await asClient({ grant_type: "client_credentials" });
      const { access_token } = json as { access_token: string };
      expect(await make().verifyAccessToken(access_token)).toMatchObject({
        subject: CLIENT.clientId,
        userId: undefined,
        clientId: CLIENT.clientId,
      });
    });

    test("rejects tokens from another issuer or for another audience", async () => {
      const token = await service.login(await service.person());
      for (const more of [
        { issuer: "https://other.test", audience: ISSUER },
        { audience: "https://orders.test" },
      ])
        expect(await make(more).verifyAccessToken(token)).toBeUndefined();
    });

    test("rejects refresh tokens, expired tokens, and strings that are not tokens", async () => {
      const { email, password } = await service.person();
      const login = { grant_type: "password", username: email, password };
      const { json } = await asClient(login);
      const { refresh_token } = json as { refresh_token: string };
      service.ahead -= 31 * 60 * SECOND_MS;
      const expired = await service.login({ email, password });
      service.ahead += 31 * 60 * SECOND_MS;
      for (const token of [refresh_token, expired, "", "x", "a.b.c", "é", "x".repeat(9e4)])
        expect(await make().verifyAccessToken(token), token).toBeUndefined();
    });
  });

  test("by introspection, an ended session is rejected immediately", async () => {
    const token = await service.login(await service.person());
    expect(await byIntrospection().verifyAccessToken(token)).toBeDefined();
    await service.mutate("logout", undefined, token);
    expect(await byIntrospection().verifyAccessToken(token)).toBeUndefined();
    // A signature stays valid when the session ends.
    expect(await bySignature().verifyAccessToken(token)).toBeDefined();
  });

  test("by introspection, an error response or no response is an error", async () => {
    const token = await service.login(await service.person());
    const wrong = { ...CLIENT, clientSecret: "wrong", url: `${service.url}/introspect` };
    await expect(
      byIntrospection({ introspection: wrong }).verifyAccessToken(token),
    ).rejects.toThrow("check the client id and its secret");
    for (const introspection of [
      { ...CLIENT, url: "http://127.0.0.1:9/introspect" },
      { ...CLIENT, url: `${service.url}/healthz` },
    ])
      await expect(byIntrospection({ introspection }).verifyAccessToken(token)).rejects.toThrow();
    vi.spyOn(globalThis, "fetch").mockResolvedValue(Response.json({ status: "ok" }));
    await expect(byIntrospection().verifyAccessToken(token)).rejects.toThrow();
  });

  test("by introspection, only active access tokens are accepted", async () => {
    const said = {
      active: true,
      token_type: "Bearer",
      iss: ISSUER,
      aud: ISSUER,
      sub: "1",
      client_id: "tegata",
      scope: "me",
      sid: "session",
      exp: 1,
    };
    const verify = (answer: object) => {
      vi.spyOn(globalThis, "fetch").mockResolvedValueOnce(Response.json(answer));
      return byIntrospection().verifyAccessToken("x");
    };
    expect(await verify(said)).toMatchObject({ userId: 1 });
    for (const more of [
      { scope: "openid profile email" },
      { active: false },
      { token_type: "N_A" },
      { sid: undefined },
    ])
      expect(await verify({ ...said, ...more }), JSON.stringify(more)).toBeUndefined();
  });

  test("concurrent calls fetch the keys once", async () => {
    const token = await service.login(await service.person());
    const fetched = vi.spyOn(globalThis, "fetch");
    const verifier = bySignature();
    const verify = () =>
      Promise.all(Array.from({ length: 100 }, () => verifier.verifyAccessToken(token)));
    expect(new Set((await verify()).map((claims) => claims?.clientId))).toEqual(
      new Set(["tegata"]),
    );
    await verify();
    expect(fetched).toHaveBeenCalledTimes(1);
  });
});

const [engine] = ENGINES;
if (!engine) throw new Error("no engine");

describe("a token that Tegata did not issue", () => {
  const service = useService(engine);
  const nowSeconds = () => Math.floor(Date.now() / SECOND_MS);
  const claims = () => ({
    iss: ISSUER,
    aud: ISSUER,
    sub: "1",
    client_id: "tegata",
    sid: "session",
    scope: "me",
    iat: nowSeconds(),
    exp: nowSeconds() + 60,
    jti: "id",
  });
  const signing = () => service.tegata.keys.signing;
  const header = () => ({ alg: "ES256", typ: "at+jwt", kid: signing().jwk.kid });
  const sign = (more: object = {}, headerMore: object = {}) =>
    new SignJWT({ ...claims(), ...more })
      .setProtectedHeader({ ...header(), ...headerMore })
      .sign(signing().privateKey);
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  let verifier: Verifier;
  beforeAll(() => {
    verifier = createVerifier({ issuer: ISSUER, jwksUri: `${service.url}/.well-known/jwks.json` });
  });

  test("is accepted if it has the right claims, within the clock tolerance", async () => {
    expect(await verifier.verifyAccessToken(await sign())).toBeDefined();
    const justNow = await sign({ exp: nowSeconds() - 20 });
    expect(await verifier.verifyAccessToken(justNow)).toBeDefined();
  });

  const forged: Record<string, () => Promise<string> | string> = {
    "another issuer": () => sign({ iss: "https://evil.test" }),
    "no issuer": () => sign({ iss: undefined }),
    "another audience": () => sign({ aud: "https://orders.test" }),
    "no audience": () => sign({ aud: undefined }),
    "an ID token": () => sign({}, { typ: "JWT" }),
    "no type": () => sign({}, { typ: undefined }),
    "expired beyond the clock tolerance": () => sign({ exp: nowSeconds() - 31 }),
    "no expiry": () => sign({ exp: undefined }),
    "not yet valid": () => sign({ nbf: nowSeconds() + 60 }),
    "no subject": () => sign({ sub: undefined }),
    "only for a login": () => sign({ scope: Object.keys(IDENTITY_SCOPES).join(" ") }),
    "for a login without more": () => sign({ scope: "openid" }),
    "without a scope": () => sign({ scope: "" }),
    "no client": () => sign({ client_id: undefined }),
    "a scope that is a list": () => sign({ scope: ["me"] }),
    "a critical extension": () => `${encode({ ...header(), crit: ["x"], x: 1 })}.e30.x`,
    "alg none": () => new UnsecuredJWT(claims()).encode(),
    "alg none with our header": async () => `${encode({ ...header(), alg: "none" })}.e30.`,
    "HS256 with the public key as the secret": () =>
      new SignJWT(claims())
        .setProtectedHeader({ ...header(), alg: "HS256" })
        .sign(new TextEncoder().encode(JSON.stringify(signing().jwk))),
    "an algorithm that does not match the key": async () =>
      `${encode({ ...header(), alg: "RS256" })}.${encode(claims())}.eA`,
    "signed by another key with our kid": async () =>
      new SignJWT(claims())
        .setProtectedHeader(header())
        .sign((await generateKeyPair("ES256")).privateKey),
    "signed by a key that is embedded in the header": async () => {
      const { privateKey } = await generateKeyPair("ES256");
      const jwk = signing().jwk;
      return new SignJWT(claims()).setProtectedHeader({ ...header(), jwk }).sign(privateKey);
    },
    "a modified payload": async () => {
      const [head, , signature] = (await sign()).split(".");
      return `${head}.${encode({ ...claims(), sub: "2" })}.${signature}`;
    },
  };
  test.each(Object.entries(forged))("is rejected: %s", async (_, forge) => {
    expect(await verifier.verifyAccessToken(await forge())).toBeUndefined();
  });

  test("is rejected without an error, whatever it contains", async () => {
    const part = fc.oneof(
      fc.json().map((json) => Buffer.from(json).toString("base64url")),
      fc
        .record({ alg: fc.constant("ES256"), kid: fc.jsonValue(), typ: fc.jsonValue() })
        .map(encode),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 6 }), async (parts) => {
        expect(await verifier.verifyAccessToken(parts.join("."))).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });
});

test("the public types", () => {
  expectTypeOf<Verifier["verifyAccessToken"]>().returns.resolves.toEqualTypeOf<
    AccessClaims | undefined
  >();
  expectTypeOf<AccessClaims["userId"]>().toEqualTypeOf<number | undefined>();
  expectTypeOf<Service>().not.toExtend<VerifierOptions>();
  const verifier = createVerifier({ issuer: "http://127.0.0.1" });
  const t = initTRPC.context<{ user: string }>().create();
  // @ts-expect-error the middleware needs the request and the response in the context
  t.procedure.use(trpcAuth(verifier));
});
