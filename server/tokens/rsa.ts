/** Derives an RSA key from a seed: the same seed gives the same key, in this version and in every later one. */
import { checkPrime, createCipheriv, createPrivateKey, type KeyObject } from "node:crypto";
import { promisify } from "node:util";

/** The size of each of the two primes, in bytes: 1,024 bits, so that the key has 2,048. */
const PRIME_BYTES = 128;
/** The public exponent, a prime. */
const E = 65537n;

const isPrime = promisify(checkPrime);

/**
 * Derives a key of 2,048 bits. Its primes are the first two that a stream of AES-256-CTR contains. Thousands of numbers are
 * tried, so it takes a few tenths of a second, most of it on other threads.
 * @param seed 32 bytes
 */
export async function deriveRsaKey(seed: Buffer): Promise<KeyObject> {
  const stream = createCipheriv("aes-256-ctr", seed, Buffer.alloc(16));
  const next = () => stream.update(Buffer.alloc(PRIME_BYTES));
  const p = await findPrime(next);
  const q = await findPrime(next);
  const d = invert(E, (p - 1n) * (q - 1n));
  const jwk = {
    kty: "RSA",
    n: encode(p * q),
    e: encode(E),
    d: encode(d),
    p: encode(p),
    q: encode(q),
    dp: encode(d % (p - 1n)),
    dq: encode(d % (q - 1n)),
    qi: encode(invert(q, p)),
  };
  return createPrivateKey({ key: jwk, format: "jwk" });
}

/** The first prime p among the next numbers for which p - 1 has no factor in common with the exponent. */
async function findPrime(next: () => Buffer): Promise<bigint> {
  for (;;) {
    const bytes = next();
    // With the two highest bits set, the product of two such numbers has all of its 2,048 bits. An even number is not prime.
    bytes.writeUInt8(bytes.readUInt8(0) | 0xc0, 0);
    bytes.writeUInt8(bytes.readUInt8(PRIME_BYTES - 1) | 1, PRIME_BYTES - 1);
    const candidate = BigInt(`0x${bytes.toString("hex")}`);
    if (candidate % E !== 1n && (await isPrime(candidate))) return candidate;
  }
}

/** The inverse of `a` modulo `modulus`, with which it has no factor in common. */
function invert(a: bigint, modulus: bigint): bigint {
  let [r, nextR, t, nextT] = [modulus, a % modulus, 0n, 1n];
  while (nextR > 0n) {
    const quotient = r / nextR;
    [r, nextR, t, nextT] = [nextR, r - quotient * nextR, nextT, t - quotient * nextT];
  }
  return t < 0n ? t + modulus : t;
}

/** A number as it is in a JWK (RFC 7518 section 2, Base64urlUInt). */
function encode(number: bigint): string {
  const hex = number.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex").toString("base64url");
}
