/** The keys that access tokens are signed with and checked by, derived from the secrets. */
import { createECDH, hkdfSync } from "node:crypto";
import { type CryptoKey, calculateJwkThumbprint, importJWK, type JWK } from "jose";

/** One signing key. */
export interface SigningKey {
  /** The RFC 7638 thumbprint of the public key. */
  kid: string;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
}

/** All the keys of the service: the first signs, each verifies what names its `kid`. */
export interface Keys {
  signing: SigningKey;
  verifying: ReadonlyMap<string, CryptoKey>;
}

/** The one algorithm of our tokens (RFC 8725 section 3.1). */
export const ALGORITHM = "ES256";

/** The order of the group of P-256 (FIPS 186-5). */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Derives the keys. Instances that share a secret derive the same ones, without a word between them. */
export async function deriveKeys(secrets: readonly string[]): Promise<Keys> {
  const all = await Promise.all(secrets.map(deriveSigningKey));
  const [signing] = all;
  if (signing === undefined) throw new Error("there is no secret to derive a key from");
  return { signing, verifying: new Map(all.map(({ kid, publicKey }) => [kid, publicKey])) };
}

async function deriveSigningKey(secret: string): Promise<SigningKey> {
  // 128 bits more than the order has: the remainder is then as good as uniform (FIPS 186-5 appendix A.2.1).
  const bytes = Buffer.from(hkdfSync("sha256", secret, "", "tegata access token ES256", 48));
  const scalar = (BigInt(`0x${bytes.toString("hex")}`) % (P256_ORDER - 1n)) + 1n;
  const d = Buffer.from(scalar.toString(16).padStart(64, "0"), "hex");
  const curve = createECDH("prime256v1");
  curve.setPrivateKey(d);
  const point = curve.getPublicKey();
  const publicJwk = {
    kty: "EC",
    crv: "P-256",
    x: point.subarray(1, 33).toString("base64url"),
    y: point.subarray(33).toString("base64url"),
  };
  return {
    kid: await calculateJwkThumbprint(publicJwk),
    privateKey: await importKey({ ...publicJwk, d: d.toString("base64url") }),
    publicKey: await importKey(publicJwk),
  };
}

async function importKey(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, ALGORITHM);
  if (key instanceof Uint8Array) throw new Error("an EC key was read as a symmetric one");
  return key;
}
