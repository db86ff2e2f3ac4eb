import { generateKeyPairSync, randomBytes, sign as signBytes } from "node:crypto";
import {
  CompactEncrypt,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  SignJWT,
  UnsecuredJWT,
} from "jose";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { ISSUER, SECRET_KEY, useService } from "../../testing/service.ts";
import { openKeys, type SigningKey } from "./keys.ts";

const [engine = expect.unreachable()] = ENGINES;

describe("an access token", () => {
  const service = useService(engine);
  let own: string;
  let key: SigningKey;
  let claims: Record<string, unknown>;
  beforeAll(async () => {
    own = await service.login(await service.person());
    key = (await openKeys([SECRET_KEY], [])).signing;
    claims = JSON.parse(Buffer.from(own.split(".")[1] ?? "", "base64url").toString());
  });
  const header = () => ({ alg: "ES256", typ: "at+jwt", kid: key.jwk.kid });
  const sign = (payload: object, protectedHeader: object = {}) =>
    new SignJWT({ ...payload })
      .setProtectedHeader({ ...header(), ...protectedHeader })
      .sign(key.privateKey);
  const signRaw = (input: string) =>
    signBytes("sha256", Buffer.from(input), {
      key: key.privateKey,
      dsaEncoding: "ieee-p1363",
    }).toString("base64url");
  const without = (claim: string) =>
    Object.fromEntries(Object.entries(claims).filter(([name]) => name !== claim));
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");

  const expectRefused = async (token: string) => {
    const answer = await service.query("me", token);
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe(
      'Bearer realm="tegata", error="invalid_token"',
    );
    expect(await service.query("isLoggedIn", token)).toMatchObject({
      status: 200,
      json: { result: { data: false } },
    });
  };

  test("with unchanged claims is accepted (each of the following tests changes one thing)", async () => {
    expect(await service.query("me", await sign(claims))).toMatchObject({ status: 200 });
  });

  test.each<[string, () => object]>([
    ["another issuer", () => ({ ...claims, iss: "https://evil.test" })],
    ["the issuer with a trailing slash", () => ({ ...claims, iss: `${ISSUER}/` })],
    ["another audience", () => ({ ...claims, aud: "https://evil.test" })],
    ["other audiences", () => ({ ...claims, aud: ["https://evil.test", "x"] })],
    ["an expiry in the past", () => ({ ...claims, exp: Math.floor(Date.now() / 1000) - 60 })],
    ["an expiry that is a string", () => ({ ...claims, exp: String(claims["exp"]) })],
    [
      "a not-before time in the future",
      () => ({ ...claims, nbf: Math.floor(Date.now() / 1000) + 60 }),
    ],
    ["the subject of another user", () => ({ ...claims, sub: "999" })],
    ["a subject with a leading zero", () => ({ ...claims, sub: `0${claims["sub"]}` })],
    ["a subject that is a number", () => ({ ...claims, sub: Number(claims["sub"]) })],
    ["an unknown session", () => ({ ...claims, sid: "x".repeat(22) })],
    ["a session that is a list", () => ({ ...claims, sid: [claims["sid"]] })],
    ...["iss", "aud", "sub", "client_id", "sid", "scope", "iat", "exp", "jti"].map(
      (claim): [string, () => object] => [`no ${claim}`, () => without(claim)],
    ),
  ])("with %s is rejected", async (_, payload) => {
    await expectRefused(await sign(payload()));
  });

  test.each<[string, object]>([
    ["the type of an ID token", { typ: "JWT" }],
    ["no type", { typ: undefined }],
    ["the type of a logout token", { typ: "logout+jwt" }],
    ["another kid", { kid: "other" }],
    ["a path as the kid", { kid: "../../dev/null" }],
    ["__proto__ as the kid", { kid: "__proto__" }],
    ["no kid", { kid: undefined }],
  ])("with %s in its header is rejected", async (_, protectedHeader) => {
    await expectRefused(await sign(claims, protectedHeader));
  });

  test("with a header that Tegata would write in another way is rejected", async () => {
    const { alg, typ, kid } = header();
    for (const other of [
      { kid, typ, alg },
      { alg, typ, kid, cty: "JWT" },
    ])
      await expectRefused(await new SignJWT(claims).setProtectedHeader(other).sign(key.privateKey));
  });

  test("with a critical extension is rejected", async () => {
    const [, payload] = own.split(".");
    const input = `${encode({ ...header(), crit: ["x"], x: 1 })}.${payload}`;
    const signature = signRaw(input);
    await expectRefused(`${input}.${signature}`);
  });

  test.each(["none", "None", "NONE", "nOnE", ""])(
    "with the algorithm %j is rejected",
    async (alg) => {
      const unsecured = new UnsecuredJWT(claims).encode().split(".")[1];
      await expectRefused(`${encode({ ...header(), alg })}.${unsecured}.`);
      await expectRefused(`${encode({ ...header(), alg })}.${unsecured}.${own.split(".")[2]}`);
    },
  );

  test("signed by HS256 with the public key or the secret is rejected", async () => {
    const jwk = await exportJWK(key.publicKey);
    const secrets = [await exportSPKI(key.publicKey), JSON.stringify(jwk), SECRET_KEY];
    for (const secret of secrets)
      await expectRefused(
        await new SignJWT(claims)
          .setProtectedHeader({ ...header(), alg: "HS256" })
          .sign(new TextEncoder().encode(secret)),
      );
  });

  test.each(["ES384", "PS256", "EdDSA", "RS256"])(
    "signed by another %s key with our kid is rejected",
    async (alg) => {
      const { privateKey } = await generateKeyPair(alg);
      await expectRefused(
        await new SignJWT(claims).setProtectedHeader({ ...header(), alg }).sign(privateKey),
      );
    },
  );

  test("signed by a key in its own header is rejected, and nothing is fetched", async () => {
    const fetched = vi.spyOn(globalThis, "fetch");
    const { privateKey, publicKey } = await generateKeyPair("ES256");
    const jwk = await exportJWK(publicKey);
    const tokens = await Promise.all(
      [
        { jwk },
        { jku: "http://127.0.0.1:9/jwks.json" },
        { x5u: "http://127.0.0.1:9/cert.pem" },
        { x5c: ["MIIB"] },
      ].flatMap((more) =>
        [key.jwk.kid, "stranger"].map((kid) =>
          new SignJWT(claims).setProtectedHeader({ ...header(), kid, ...more }).sign(privateKey),
        ),
      ),
    );
    fetched.mockClear();
    for (const token of tokens)
      expect(await service.tegata.accessTokens.verify(token)).toBeUndefined();
    expect(fetched).not.toHaveBeenCalled();
    fetched.mockRestore();
    for (const token of tokens) await expectRefused(token);
  });

  test("that is encrypted is rejected", async () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const jwe = await new CompactEncrypt(new TextEncoder().encode(own))
      .setProtectedHeader({
        alg: "ECDH-ES",
        enc: "A256GCM",
        typ: "at+jwt",
        cty: "JWT",
        kid: key.jwk.kid,
      })
      .encrypt(publicKey);
    await expectRefused(jwe);
    const direct = await new CompactEncrypt(new TextEncoder().encode(JSON.stringify(claims)))
      .setProtectedHeader({ alg: "dir", enc: "A256GCM", typ: "at+jwt", kid: key.jwk.kid })
      .encrypt(randomBytes(32));
    await expectRefused(direct);
  });

  test("that contains another token is rejected", async () => {
    const [head] = own.split(".");
    const input = `${head}.${Buffer.from(own).toString("base64url")}`;
    const signature = signRaw(input);
    await expectRefused(`${input}.${signature}`);
  });

  test("with a changed, truncated or repeated part is rejected", async () => {
    const parts = own.split(".");
    for (const i of [0, 1, 2]) {
      const part = parts[i] ?? "";
      const flipped = (part[0] === "A" ? "B" : "A") + part.slice(1);
      for (const other of [flipped, part.slice(0, -4), "", part + part, `${part}.${part}`])
        await expectRefused(parts.with(i, other).join("."));
    }
  });

  test.each([" ", "=", "\t", "+", "~"])("with %j in its signature is rejected", async (added) => {
    await expectRefused(own.slice(0, -10) + added + own.slice(-10));
  });

  test("signed by a key from another secret is rejected", async () => {
    const stranger = (await openKeys(["another secret that is long enough 987654321"], [])).signing;
    await expectRefused(
      await new SignJWT(claims)
        .setProtectedHeader({ ...header(), kid: stranger.jwk.kid })
        .sign(stranger.privateKey),
    );
    await expectRefused(
      await new SignJWT(claims).setProtectedHeader(header()).sign(stranger.privateKey),
    );
  });

  test("expires after 30 minutes and at most 30 seconds, even if it was verified before", async () => {
    const token = await service.login(await service.person());
    expect(await service.query("me", token)).toMatchObject({ status: 200 });
    service.ahead = 30 * 60_000 - 2_000;
    expect(await service.query("me", token)).toMatchObject({ status: 200 });
    service.ahead = 30 * 60_000 + 31_000;
    await expectRefused(token);
    service.ahead = 0;
  });

  test("that was not verified before expires at the same time", async () => {
    const token = await service.login(await service.person());
    service.ahead = 30 * 60_000 + 31_000;
    await expectRefused(token);
    service.ahead = 0;
  });
});

describe("ACCESS_TOKEN_EXPIRE_MINUTES and AUDIENCE", () => {
  const service = useService(engine, { ACCESS_TOKEN_EXPIRE_MINUTES: "5", AUDIENCE: "api" });

  test("determine the expiry and the audience of the token", async () => {
    const { email, password } = await service.person();
    const { json } = await service.token({ username: email, password });
    const { access_token, expires_in } = json as { access_token: string; expires_in: number };
    const payload = JSON.parse(
      Buffer.from(access_token.split(".")[1] ?? "", "base64url").toString(),
    );
    expect(expires_in).toBe(300);
    expect(payload.exp - payload.iat).toBe(300);
    expect(payload.aud).toBe("api");
    expect(await service.query("me", access_token)).toMatchObject({ status: 200 });
  });
});

describe("the derived keys", () => {
  const secrets = [
    "the first secret of this test 0123456789",
    "the second secret of this test 9876543210",
  ];

  test("are the same for the same secret, and different for another secret", async () => {
    const kid = async (secret: string) => (await openKeys([secret], [])).signing.jwk.kid;
    expect(await kid(secrets[0] ?? "")).toBe(await kid(secrets[0] ?? ""));
    expect(await kid(secrets[0] ?? "")).not.toBe(await kid(secrets[1] ?? ""));
  });

  test("do not change between versions, so that tokens stay valid", async () => {
    const { signing, refresh } = await openKeys(secrets.slice(0, 1), []);
    expect(signing.jwk.kid).toBe("1DnNIG2C6X3fOPSq3HAD8yqZL8nNLIuRAlPLM3TNog0");
    expect(refresh.map((key) => key.toString("base64url"))).toEqual([
      "ryrymrdSbnhsPrWWQE1_iN0iCDhHbJGzGUUvHxo8G5Q",
    ]);
  });

  test("of the first secret sign, and those of all secrets verify", async () => {
    const keys = await openKeys(secrets, []);
    const [first, second] = await Promise.all(secrets.map((secret) => openKeys([secret], [])));
    expect(keys.signing.jwk.kid).toBe(first?.signing.jwk.kid);
    expect([...keys.verifying.keys()]).toEqual([first?.signing.jwk.kid, second?.signing.jwk.kid]);
  });
});
