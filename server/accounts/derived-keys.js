/**
 * Derives keys from passwords as other systems do. Runs in a password worker: the synchronous functions do not use the
 * thread pool that libuv shares with WebCrypto. It is plain JavaScript, as the worker is.
 */
import { pbkdf2Sync, scryptSync, timingSafeEqual } from "node:crypto";

/**
 * How a key is derived. `times` is what the work is proportional to: iterations of PBKDF2, passes of Argon2id, and the
 * parallelization of scrypt, whose lanes are computed one after another.
 * @typedef {{ scheme: "pbkdf2-sha1" | "pbkdf2-sha256" | "pbkdf2-sha512"; times: number }
 *   | { scheme: "scrypt"; n: number; r: number; times: number }
 *   | { scheme: "argon2id"; memoryKib: number; lanes: number; times: number }} Recipe
 */

/**
 * A key that was derived from a password.
 * @typedef {{ recipe: Recipe; salt: Uint8Array; key: Uint8Array }} DerivedKey
 */

/**
 * @param {Uint8Array} password
 * @param {DerivedKey} derived
 * @returns {Promise<boolean>} whether the key was derived from the password
 */
export async function isDerivedFrom(password, { recipe, salt, key }) {
  return timingSafeEqual(await derive(password, salt, recipe, key.length), key);
}

/**
 * @param {Uint8Array} password
 * @param {Uint8Array} salt
 * @param {Recipe} recipe
 * @param {number} length of the key, in bytes
 * @returns {Promise<Uint8Array>}
 */
async function derive(password, salt, recipe, length) {
  switch (recipe.scheme) {
    case "argon2id": {
      // Most services have no such hash.
      const { hashRawSync } = await import("@node-rs/argon2");
      return hashRawSync(password, {
        salt,
        memoryCost: recipe.memoryKib,
        timeCost: recipe.times,
        parallelism: recipe.lanes,
        outputLen: length,
      });
    }
    case "scrypt": {
      const { n: N, r, times: p } = recipe;
      // OpenSSL counts its working memory, too.
      return scryptSync(password, salt, length, { N, r, p, maxmem: 128 * r * (N + p + 4) });
    }
    default:
      return pbkdf2Sync(
        password,
        salt,
        recipe.times,
        length,
        recipe.scheme.slice("pbkdf2-".length),
      );
  }
}
