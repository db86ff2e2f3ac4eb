/** The secrets of OAuth clients: 256 random bits, of which a hash is stored. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** @returns a new secret: 43 characters, base64url. */
export const newSecret = (): string => randomBytes(32).toString("base64url");

/** The hash of a secret to store. A secret is random, so nothing slower than SHA-256 is needed. */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

/**
 * Whether a secret matches the stored hash, in constant time.
 * @param stored null for a public client, whose secret is the empty string
 */
export function isSecret(secret: string, stored: string | null): boolean {
  return timingSafeEqual(Buffer.from(hashSecret(secret)), Buffer.from(stored ?? hashSecret("")));
}
