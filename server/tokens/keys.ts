/** The keys that access tokens are signed with and checked by, and those that refresh tokens are derived with. */
import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  type KeyObject,
} from "node:crypto";
import { readFileSync } from "node:fs";
import { calculateJwkThumbprint, exportJWK, type JWK } from "jose";

/** The algorithms of our tokens. RFC 9068 section 2.1 asks for RS256 to be among them. */
export type Algorithm = "ES256" | "RS256" | "EdDSA";

/** A key that verifies with one algorithm and no other (RFC 8725 section 3.1). */
export interface VerifyingKey {
  algorithm: Algorithm;
  publicKey: KeyObject;
  /** For the JWKS: `kid` is the RFC 7638 thumbprint. */
  jwk: JWK & { kid: string };
}
/** A key that signs. */
export type SigningKey = VerifyingKey & PrivateKey;
interface PrivateKey {
  algorithm: Algorithm;
  privateKey: KeyObject;
}

/** All the keys of the service. */
export interface Keys {
  signing: SigningKey;
  /** By `kid`. */
  verifying: ReadonlyMap<string, VerifyingKey>;
  /** The first derives new refresh tokens; one that was derived with any of them is recognised. */
  refresh: readonly Buffer[];
}

/**
 * Opens the keys. Of several secrets or files the first signs, all verify; instances that share them agree.
 * @param signingKeyFiles PEM files with private keys, in place of the signing keys that are derived from the secrets
 * @throws when a file cannot be read or holds no key of ours
 */
export async function openKeys(
  secrets: readonly string[],
  signingKeyFiles: readonly string[],
): Promise<Keys> {
  const privateKeys =
    signingKeyFiles.length > 0 ? signingKeyFiles.map(readKey) : secrets.map(deriveSigningKey);
  const all = await Promise.all(privateKeys.map(describe));
  const [signing] = all;
  if (!signing) throw new Error("there is no secret to derive a key from");
  return {
    signing,
    verifying: new Map(all.map(({ privateKey: _, ...key }) => [key.jwk.kid, key])),
    refresh: secrets.map((secret) => derive(secret, "tegata refresh token", 32)),
  };
}

async function describe({ algorithm, privateKey }: PrivateKey): Promise<SigningKey> {
  const publicKey = createPublicKey(privateKey);
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { algorithm, privateKey, publicKey, jwk: { ...jwk, kid, alg: algorithm, use: "sig" } };
}

function algorithmOf({
  asymmetricKeyType,
  asymmetricKeyDetails,
}: KeyObject): Algorithm | undefined {
  if (asymmetricKeyType === "ed25519") return "EdDSA";
  if (asymmetricKeyType === "ec" && asymmetricKeyDetails?.namedCurve === "prime256v1")
    return "ES256";
  if (asymmetricKeyType === "rsa" && (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048)
    return "RS256";
  return undefined;
}

function readKey(file: string): PrivateKey {
  try {
    const privateKey = createPrivateKey(readFileSync(file));
    const algorithm = algorithmOf(privateKey);
    if (!algorithm)
      throw new Error("it is neither RSA of at least 2048 bits, nor P-256, nor Ed25519");
    return { algorithm, privateKey };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`SIGNING_KEY_FILES: no signing key can be read from ${file}: ${why}`, {
      cause,
    });
  }
}

/** The order of the group of P-256 (FIPS 186-5). */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

function deriveSigningKey(secret: string): PrivateKey {
  // 128 bits more than the order has: the remainder is then as good as uniform (FIPS 186-5 appendix A.2.1).
  const bytes = derive(secret, "tegata access token ES256", 48);
  const scalar = (BigInt(`0x${bytes.toString("hex")}`) % (P256_ORDER - 1n)) + 1n;
  const d = Buffer.from(scalar.toString(16).padStart(64, "0"), "hex");
  const curve = createECDH("prime256v1");
  curve.setPrivateKey(d);
  const point = curve.getPublicKey();
  const jwk = {
    kty: "EC",
    crv: "P-256",
    x: point.subarray(1, 33).toString("base64url"),
    y: point.subarray(33).toString("base64url"),
    d: d.toString("base64url"),
  };
  return { algorithm: "ES256", privateKey: createPrivateKey({ key: jwk, format: "jwk" }) };
}

/** One secret for each purpose (RFC 5869). */
const derive = (secret: string, purpose: string, bytes: number) =>
  Buffer.from(hkdfSync("sha256", secret, "", purpose, bytes));
