import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { emptyFolder } from "../../testing/process.ts";
import { openKeys } from "./keys.ts";
import { deriveRsaKey } from "./rsa.ts";

/** Every later version must derive the same keys. These were also computed by another program, in another language. */
const VECTORS = [
  {
    secret: "the first secret of this test 0123456789",
    kid: "8iNZyIQCgRwZlfiAL1RFPWVKmE7myFe1ViYNXx2hK4M",
    n: /^ulFpwNTlLfvN2Oo6WxH6sYBe_ejpbXe7[\w-]{310}$/,
  },
  {
    secret: "the second secret of this test 9876543210",
    kid: "CUtfYH2unAkaLdPX91KJAc4rF3aE8x5ev-ji4F5P2Lc",
    n: /^s85ElTa1cLNaBIccI98UyonN0qxn0AeD[\w-]{310}$/,
  },
];
const [FIRST = expect.unreachable()] = VECTORS;

describe("the keys of ID tokens", async () => {
  const keys = await openKeys(
    VECTORS.map(({ secret }) => secret),
    [],
  );

  test("are one for each secret, the same in every version", async () => {
    const { verifying } = await keys.identity();
    expect([...verifying.values()].map(({ jwk }) => jwk)).toEqual(
      VECTORS.map(({ kid, n }) => ({
        kty: "RSA",
        e: "AQAB",
        n: expect.stringMatching(n),
        kid,
        alg: "RS256",
        use: "sig",
      })),
    );
  });

  test("are no keys of access tokens, and the first signs", async () => {
    expect((await keys.identity()).signing.jwk.kid).toBe(FIRST.kid);
    for (const { kid } of VECTORS) expect(keys.verifying.has(kid)).toBe(false);
  });

  test("are derived once", () => {
    expect(keys.identity()).toBe(keys.identity());
  });

  test("are the RSA keys of SIGNING_KEY_FILES, if it has any, and derived otherwise", async () => {
    const folder = emptyFolder();
    const [p256, rsa, otherRsa] = [
      generateKeyPairSync("ec", { namedCurve: "P-256" }),
      generateKeyPairSync("rsa", { modulusLength: 2048 }),
      generateKeyPairSync("rsa", { modulusLength: 2048 }),
    ].map(({ privateKey }, i) => {
      const file = join(folder, `${i}.pem`);
      writeFileSync(file, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
      return file;
    });
    const files = [p256, rsa, otherRsa].map((file) => file ?? "");
    const withRsa = await openKeys([FIRST.secret], files);
    const { signing, verifying } = await withRsa.identity();
    const [, firstRsa, secondRsa] = withRsa.verifying.keys();
    expect(signing.jwk.kid).toBe(firstRsa);
    expect([...verifying.keys()]).toEqual([firstRsa, secondRsa]);

    const withoutRsa = await openKeys([FIRST.secret], files.slice(0, 1));
    expect((await withoutRsa.identity()).signing.jwk.kid).toBe(FIRST.kid);
  });
});

test("a derived RSA key is valid, whatever the seed", async () => {
  for (const name of ["a", "b"]) {
    const key = await deriveRsaKey(createHash("sha256").update(name).digest());
    expect(key.asymmetricKeyDetails).toMatchObject({ modulusLength: 2048, publicExponent: 65537n });
    const text = Buffer.from(name);
    expect(verify("sha256", text, createPublicKey(key), sign("sha256", text, key))).toBe(true);
    // OpenSSL does not check a key that it is given, and would fall back to d if the numbers of the primes were wrong.
    const { p, q, d, dp, dq, qi, n } = numbersOf(key.export({ format: "jwk" }));
    expect(p * q).toBe(n);
    expect([(d * 65537n) % (p - 1n), (d * 65537n) % (q - 1n)]).toEqual([1n, 1n]);
    expect([dp, dq, (qi * q) % p]).toEqual([d % (p - 1n), d % (q - 1n), 1n]);
  }
});

function numbersOf(jwk: Partial<Record<"n" | "d" | "p" | "q" | "dp" | "dq" | "qi", string>>) {
  const number = (text = "") => BigInt(`0x${Buffer.from(text, "base64url").toString("hex")}`);
  return {
    n: number(jwk.n),
    d: number(jwk.d),
    p: number(jwk.p),
    q: number(jwk.q),
    dp: number(jwk.dp),
    dq: number(jwk.dq),
    qi: number(jwk.qi),
  };
}
