import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRemoteJWKSet, decodeProtectedHeader, importPKCS8, jwtVerify, SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { emptyFolder } from "../../testing/process.ts";
import { ISSUER, useService } from "../../testing/service.ts";

const [engine = expect.unreachable()] = ENGINES;
const FAR = 9e15;

const pem = (privateKey: KeyObject) => {
  const file = join(emptyFolder(), "key.pem");
  writeFileSync(file, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  return file;
};
const rsa = pem(generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey);
const p256 = pem(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
const ed25519 = pem(generateKeyPairSync("ed25519").privateKey);

describe.each([
  ["RS256", rsa, "RSA"],
  ["ES256", p256, "EC"],
  ["EdDSA", ed25519, "OKP"],
])("SIGNING_KEY_FILES with a key for %s", (algorithm, file, kty) => {
  const service = useService(engine, { SIGNING_KEY_FILES: file });

  test("signs and verifies with the key, and publishes only its public part", async () => {
    const token = await service.login(await service.person());
    const header = decodeProtectedHeader(token);
    expect(header).toEqual({
      alg: algorithm,
      typ: "at+jwt",
      kid: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(await service.query("me", token)).toMatchObject({ status: 200 });
    const { json } = await service.request("GET", "/.well-known/jwks.json");
    const { keys } = json as { keys: object[] };
    expect(keys[0]).toMatchObject({ kty, alg: algorithm, use: "sig", kid: header.kid });
    // The RSA key signs ID tokens, too; beside the others there is one that is derived.
    expect(keys.slice(1)).toMatchObject(kty === "RSA" ? [] : [{ kty: "RSA", alg: "RS256" }]);
    for (const key of keys)
      for (const secret of ["d", "p", "q", "dp", "dq", "qi", "k"])
        expect(key).not.toHaveProperty(secret);
    const jwks = createRemoteJWKSet(new URL(`${service.url}/.well-known/jwks.json`));
    await jwtVerify(token, jwks, { issuer: ISSUER, audience: ISSUER, typ: "at+jwt" });
  });
});

describe("SIGNING_KEY_FILES with several keys", () => {
  const before = useService(engine, { SIGNING_KEY_FILES: rsa });
  const after = useService(engine, { SIGNING_KEY_FILES: `${ed25519}, ${rsa}` });

  test("signs with the first key, verifies with all keys and publishes all", async () => {
    const { accessTokens } = before.tegata;
    const grant = { subject: "1", clientId: "tegata", sessionId: "s", scope: "me" };
    const { token: old } = await accessTokens.sign(grant, FAR);
    expect(await after.tegata.accessTokens.verify(old)).toMatchObject(grant);
    const { token } = await after.tegata.accessTokens.sign(grant, FAR);
    const { alg } = decodeProtectedHeader(token);
    expect(alg).toBe("EdDSA");
    const { json } = await after.request("GET", "/.well-known/jwks.json");
    expect(json).toMatchObject({ keys: [{ alg: "EdDSA" }, { alg: "RS256" }] });
  });

  test("a key verifies only its own algorithm", async () => {
    // The RSA key could also verify PS256, but Tegata uses it only for RS256.
    const key = await importPKCS8(readFileSync(rsa, "utf8"), "PS256");
    const { jwk } = before.tegata.keys.signing;
    const claims = {
      iss: ISSUER,
      aud: ISSUER,
      sub: "1",
      client_id: "tegata",
      sid: "s",
      scope: "me",
    };
    const sign = (alg: string) =>
      new SignJWT({ ...claims, jti: "x" })
        .setProtectedHeader({ alg, typ: "at+jwt", kid: jwk.kid })
        .setIssuedAt()
        .setExpirationTime("5m")
        .sign(key);
    expect(await after.tegata.accessTokens.verify(await sign("PS256"))).toBeUndefined();
    const right = await importPKCS8(readFileSync(rsa, "utf8"), "RS256");
    const good = await new SignJWT({ ...claims, jti: "x" })
      .setProtectedHeader({ alg: "RS256", typ: "at+jwt", kid: jwk.kid })
      .setIssuedAt()
      .setExpirationTime("5m")
      .sign(right);
    expect(await after.tegata.accessTokens.verify(good)).toMatchObject({ subject: "1" });
    const other = after.tegata.keys.signing.jwk.kid;
    const [, ...rest] = good.split(".");
    for (const alg of ["RS256", "EdDSA", "HS256", "none"]) {
      const header = Buffer.from(JSON.stringify({ alg, typ: "at+jwt", kid: other })).toString(
        "base64url",
      );
      expect(await after.tegata.accessTokens.verify([header, ...rest].join("."))).toBeUndefined();
    }
  });
});
