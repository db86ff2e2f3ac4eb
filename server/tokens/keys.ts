/** The keys that sign and verify access tokens and ID tokens, and those that derive refresh tokens and seal tickets. */
import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  type KeyObject,
} from "node:crypto";
import { readFileSync } from "node:fs";
import type { JWK } from "jose";
import { calculateJwkThumbprint } from "jose/jwk/thumbprint";
import { exportJWK } from "jose/key/export";
import { deriveRsaKey } from "./rsa.ts";

/** The algorithms of access tokens. RFC 9068 section 2.1 requires RS256 among them. */
export type Algorithm = "ES256" | "RS256" | "EdDSA";

/** A key that verifies with one algorithm only (RFC 8725 section 3.1). */
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

/** The keys of one kind of token. */
export interface KeyRing {
  signing: SigningKey;
  /** By `kid`. */
  verifying: ReadonlyMap<string, VerifyingKey>;
}

/** All the keys of the service; `signing` and `verifying` are those of the access tokens. */
export interface Keys extends KeyRing {
  /**
   * Those of the ID tokens, all for RS256, which every client must support (OpenID Connect Core section 15.1). The first call
   * derives them, which takes a moment and does not stop other requests.
   */
  identity(): Promise<KeyRing>;
  /** The first derives new refresh tokens; a token derived with any of them is recognized. */
  refresh: readonly Buffer[];
  /** What seals tickets: the first seals, all open. */
  tickets: readonly Buffer[];
  /** What is counted by a throttle is hashed with it. */
  throttle: Buffer;
}

/**
 * Opens the keys. The first secret or file signs, all verify; instances that share them have the same keys.
 * @param signingKeyFiles PEM files with private keys, used instead of the signing keys derived from the secrets. ID tokens
 *   use only the RSA keys among them; if there are none, their keys are derived.
 * @throws if a file cannot be read or does not contain a supported key
 */
export async function openKeys(
  secrets: readonly string[],
  signingKeyFiles: readonly string[],
): Promise<Keys> {
  const [secret] = secrets;
  if (secret === undefined) throw new Error("there is no secret to derive a key from");
  const privateKeys =
    signingKeyFiles.length > 0 ? signingKeyFiles.map(readKey) : secrets.map(deriveSigningKey);
  const rsaKeys = privateKeys.filter(({ algorithm }) => algorithm === "RS256");
  let identity: Promise<KeyRing> | undefined;
  return {
    ...(await openRing(privateKeys)),
    identity() {
      identity ??= rsaKeys.length > 0 ? openRing(rsaKeys) : deriveIdentityKeys(secrets);
      return identity;
    },
    refresh: secrets.map((secret) => derive(secret, "tegata refresh token", 32)),
    tickets: secrets.map((secret) => derive(secret, "tegata tickets", 32)),
    throttle: derive(secret, "tegata throttle", 32),
  };
}

/** @param privateKeys the first signs, all verify */
async function openRing(privateKeys: readonly PrivateKey[]): Promise<KeyRing> {
  const all = await Promise.all(privateKeys.map(describe));
  const [signing] = all;
  if (!signing) throw new Error("there is no key");
  return {
    signing,
    verifying: new Map(all.map(({ privateKey: _, ...key }) => [key.jwk.kid, key])),
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
      throw new Error("the key must be RSA with at least 2048 bits, P-256 or Ed25519");
    return { algorithm, privateKey };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`SIGNING_KEY_FILES: could not read a signing key from ${file}: ${why}`, {
      cause,
    });
  }
}

/** The order of the group of P-256 (FIPS 186-5). */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

function deriveSigningKey(secret: string): PrivateKey {
  // 128 bits more than the order: the remainder is then practically uniform (FIPS 186-5 appendix A.2.1).
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

async function deriveIdentityKeys(secrets: readonly string[]): Promise<KeyRing> {
  const derived = secrets.map(async (secret): Promise<PrivateKey> => {
    const seed = derive(secret, "tegata ID token RS256", 32);
    return { algorithm: "RS256", privateKey: await deriveRsaKey(seed) };
  });
  return openRing(await Promise.all(derived));
}

/** One secret for each purpose (RFC 5869). */
const derive = (secret: string, purpose: string, bytes: number) =>
  Buffer.from(hkdfSync("sha256", secret, "", purpose, bytes));
