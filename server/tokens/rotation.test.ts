import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { createRemoteJWKSet, decodeProtectedHeader, importPKCS8, jwtVerify, SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { emptyFolder } from "../../testing/process.ts";
import { ISSUER, Service, useService } from "../../testing/service.ts";
import { openKeys } from "./keys.ts";

const [engine = expect.unreachable()] = ENGINES;
const FAR = 9e15;
const OLD = "the old secret of this test and long enough 0123";
const NEW = "the new secret of this test and long enough 9876";

describe.each(ENGINES)("SECRET_KEY on $name", (each) => {
  test("is changed under load, one instance after the other, and no token fails", {
    timeout: 120_000,
  }, async () => {
    const url = await each.emptyDatabase();
    const shared = { ...each, emptyDatabase: async () => url };
    const start = async (secrets: string) => {
      const service = new Service();
      await service.start(shared, { SECRET_KEY: secrets });
      return service;
    };
    const pair = [await start(OLD), await start(OLD)];
    const any = () => pair[Math.floor(Math.random() * pair.length)] ?? expect.unreachable();
    const person = await any().person();

    let over = false;
    const counts = { me: 0, refresh: 0, retried: 0 };
    const failures: string[] = [];
    /** A caller who is sent to any instance, refreshes all the time, and now and then has to ask again. */
    const caller = async () => {
      let tokens = await any().tokens(person);
      while (!over) {
        const me = await any().query("me", tokens.access_token);
        counts.me += 1;
        if (me.status !== 200) failures.push(`me ${me.status} ${me.text}`);
        const again = Math.random() < 0.3 ? [any(), any()] : [any()];
        const answers = await Promise.all(
          again.map((service) => service.refresh(tokens.refresh_token)),
        );
        counts.refresh += 1;
        counts.retried += again.length - 1;
        const children = answers.map(({ status, json, text }) => {
          if (status !== 200) failures.push(`refresh ${status} ${text}`);
          return json as typeof tokens;
        });
        if (new Set(children.map((child) => child.refresh_token)).size > 1)
          failures.push("two children");
        tokens = children[0] ?? tokens;
        if (failures.length > 0) return;
        await setTimeout(5);
      }
    };
    const callers = Array.from({ length: 6 }, caller);
    // Every instance learns to verify with the new secret before any signs with it, and forgets the old one last.
    const retired: Service[] = [];
    for (const secrets of [`${OLD},${NEW}`, `${NEW},${OLD}`])
      for (const i of [0, 1]) {
        await setTimeout(300);
        const replaced = pair[i];
        pair[i] = await start(secrets);
        if (replaced) retired.push(replaced);
      }
    await setTimeout(300);
    over = true;
    await Promise.all(callers);
    const last = await any().login(person);
    await Promise.all([...retired, ...pair].map((service) => service.stop()));

    expect(failures).toEqual([]);
    expect(counts.me).toBeGreaterThan(50);
    expect(counts.retried).toBeGreaterThan(5);
    const { kid } = decodeProtectedHeader(last);
    expect(kid).toBe((await openKeys([NEW], [])).signing.jwk.kid);
  });
});

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

  test("signs and verifies with it, and publishes it without its private part", async () => {
    const token = await service.login(await service.person());
    const header = decodeProtectedHeader(token);
    expect(header).toEqual({
      alg: algorithm,
      typ: "at+jwt",
      kid: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(await service.query("me", token)).toMatchObject({ status: 200 });
    const { json } = await service.request("GET", "/.well-known/jwks.json");
    expect(json).toMatchObject({ keys: [{ kty, alg: algorithm, use: "sig", kid: header.kid }] });
    for (const secret of ["d", "p", "q", "dp", "dq", "qi", "k"])
      expect((json as { keys: object[] }).keys[0]).not.toHaveProperty(secret);
    const jwks = createRemoteJWKSet(new URL(`${service.url}/.well-known/jwks.json`));
    await jwtVerify(token, jwks, { issuer: ISSUER, audience: ISSUER, typ: "at+jwt" });
  });
});

describe("SIGNING_KEY_FILES with several keys", () => {
  const before = useService(engine, { SIGNING_KEY_FILES: rsa });
  const after = useService(engine, { SIGNING_KEY_FILES: `${ed25519}, ${rsa}` });

  test("signs with the first, verifies with all, and publishes all", async () => {
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

  test("a key verifies with its own algorithm alone", async () => {
    // The RSA key could check PS256 as well, and ES256 is not on the list of these two at all.
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

test.each([
  ["a file that is not there", "/nowhere/key.pem", /ENOENT/],
  [
    "a file that is no key",
    "package.json",
    /SIGNING_KEY_FILES: could not read a signing key from package\.json/,
  ],
  [
    "an RSA key that is too short",
    pem(generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey),
    /at least 2048 bits/,
  ],
  [
    "a key of another curve",
    pem(generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey),
    /must be RSA with at least 2048 bits, P-256 or Ed25519/,
  ],
])("SIGNING_KEY_FILES with %s is refused", async (_, file, why) => {
  await expect(openKeys([OLD], [file])).rejects.toThrow(why);
});
