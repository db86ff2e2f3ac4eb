import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeJwt, decodeProtectedHeader, SignJWT, UnsecuredJWT } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { emptyFolder } from "../../testing/process.ts";
import { ISSUER, SECRET_KEY, useService } from "../../testing/service.ts";
import { readIdToken, signIdToken } from "./id-token.ts";
import { type KeyRing, openKeys } from "./keys.ts";

const [engine = expect.unreachable()] = ENGINES;
const STRANGER = "another secret that is long enough 987654321";

describe("an ID token", () => {
  const service = useService(engine);
  let access: string;
  let own: string;
  let ring: KeyRing;

  beforeAll(async () => {
    access = await service.login(await service.person());
    const { db } = service.tegata;
    const { session, user } =
      (await db.sessions.find(String(decodeJwt(access)["sid"]))) ?? expect.unreachable();
    const request = { session, clientId: "app", nonce: "n", scope: "openid email" };
    own = await signIdToken(service.tegata, { ...request, user: user ?? expect.unreachable() });
    ring = await (await openKeys([SECRET_KEY], [])).identity();
  });

  const header = () => ({ alg: "RS256", typ: "JWT", kid: ring.signing.jwk.kid });
  const sign = (payload: object, protectedHeader: object = {}, { signing } = ring) =>
    new SignJWT({ ...payload })
      .setProtectedHeader({ ...header(), ...protectedHeader })
      .sign(signing.privateKey);
  const read = (token: string) => readIdToken(service.tegata, token);
  const claims = () => decodeJwt(own);

  test("is signed by RS256, with the kid in the header", () => {
    expect(decodeProtectedHeader(own)).toEqual(header());
  });

  test("is read as it was signed (each of the following tests changes one thing)", async () => {
    const { sub, sid } = claims();
    const hint = { subject: sub, clientId: "app", sessionId: sid };
    expect(await read(own)).toEqual(hint);
    expect(await read(await sign(claims()))).toEqual(hint);
  });

  test("is still read after it has expired", async () => {
    service.ahead = 400 * 86_400_000;
    expect(await read(own)).toMatchObject({ clientId: "app" });
    service.ahead = 0;
  });

  test("is not an access token", async () => {
    expect(await service.tegata.accessTokens.verify(own)).toBeUndefined();
    expect(await service.query("me", own)).toMatchObject({ status: 401 });
    // Even with the claims of one.
    expect(await service.query("me", await sign(decodeJwt(access)))).toMatchObject({ status: 401 });
  });

  test.each<[string, () => string | Promise<string>]>([
    ["an access token", () => access],
    [
      "an access token that is signed by the same key",
      () => sign(decodeJwt(access), { typ: "at+jwt" }),
    ],
    ["the type of an access token", () => sign(claims(), { typ: "at+jwt" })],
    ["the type of a logout token", () => sign(claims(), { typ: "logout+jwt" })],
    ["no type", () => sign(claims(), { typ: undefined })],
    ["another issuer", () => sign({ ...claims(), iss: "https://evil.test" })],
    ["the issuer with a trailing slash", () => sign({ ...claims(), iss: `${ISSUER}/` })],
    ["several audiences", () => sign({ ...claims(), aud: ["app", "other"] })],
    ["no session", () => sign({ ...claims(), sid: undefined })],
    ["no kid", () => sign(claims(), { kid: undefined })],
    ["another kid", () => sign(claims(), { kid: "other" })],
    ["no signature", () => new UnsecuredJWT(claims()).encode()],
    ["a signature that is cut off", () => own.slice(0, own.lastIndexOf(".") + 1)],
    [
      "the signature of another service",
      async () => sign(claims(), {}, await (await openKeys([STRANGER], [])).identity()),
    ],
    [
      "the HMAC of another secret",
      () =>
        new SignJWT(claims())
          .setProtectedHeader({ ...header(), alg: "HS256" })
          .sign(Buffer.from(SECRET_KEY)),
    ],
    ["a text that is not a token", () => "チケット"],
    ["nothing at all", () => ""],
  ])("with %s is not read", async (_, token) => {
    expect(await read(await token())).toBeUndefined();
  });
});

describe("an RSA key that signs access tokens and ID tokens", () => {
  const file = join(emptyFolder(), "key.pem");
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  writeFileSync(file, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  const service = useService(engine, { SIGNING_KEY_FILES: file });

  test("does not make one into the other", async () => {
    const access = await service.login(await service.person());
    const { verify } = service.tegata.accessTokens;
    const header = { alg: "RS256", kid: String(decodeProtectedHeader(access).kid) };
    const sign = (typ: string) =>
      new SignJWT(decodeJwt(access)).setProtectedHeader({ ...header, typ }).sign(privateKey);
    // The same claims: only the type differs.
    expect(await service.query("me", access)).toMatchObject({ status: 200 });
    expect(await verify(await sign("JWT"))).toBeUndefined();
    expect(await readIdToken(service.tegata, access)).toBeUndefined();
    expect(await readIdToken(service.tegata, await sign("JWT"))).toMatchObject({
      sessionId: decodeJwt(access)["sid"],
    });
  });
});
