/** Hashes of other schemes than bcrypt, as they are stored: PBKDF2, scrypt and Argon2id, within bounds. */
import type { DerivedKey, Recipe } from "./derived-keys.js";

/**
 * The end of a hash that was made from the NFKC form of a password, as better-auth makes it. Other makers hash what was
 * typed.
 */
export const NFKC = "$nfkc";

/** A hash of another scheme. */
export interface ForeignHash {
  is: "foreign";
  derived: DerivedKey;
  /** The form of the password that the key was derived from. */
  form: "typed" | "NFKC";
}

/** `$pbkdf2-sha256$ITERATIONS$SALT$KEY`, as passlib writes it, with its own base64. SHA-1 has no name in it. */
const PBKDF2 = /^\$pbkdf2(-sha256|-sha512)?\$(\d{1,7})\$([\w./]{2,86})\$([\w./]{27,86})$/;
/** `$scrypt$ln=16,r=8,p=1$SALT$KEY`. */
const SCRYPT =
  /^\$scrypt\$ln=(\d\d?),r=(\d\d?),p=(\d\d?)\$([\w+/]{2,86})\$([\w+/]{43,86})(\$nfkc)?$/;
/** `$argon2id$v=19$m=65536,t=3,p=4$SALT$KEY`. */
const ARGON2ID =
  /^\$argon2id\$v=19\$m=(\d{1,6}),t=(\d{1,3}),p=(\d\d?)\$([\w+/]{11,64})\$([\w+/]{22,86})$/;

/** The length of the keys that PBKDF2 derives: a longer one would be several times the work. In bytes. */
const DIGEST_BYTES = { "pbkdf2-sha1": 20, "pbkdf2-sha256": 32, "pbkdf2-sha512": 64 } as const;

/**
 * What a hash may cost. Its work is done for every login, so one with more is not verified: at these bounds it takes up
 * to a second, and 128 MiB in each worker.
 */
const MAX = {
  iterations: 2_000_000,
  memoryKib: 128 * 1024,
  lanes: 16,
  /** Of scrypt, N × r × p; of Argon2id, KiB × passes. */
  scrypt: 2 ** 21,
  argon2id: 2 ** 20,
};

/** @returns undefined for a hash of an unknown scheme, for a damaged one, and for one that costs too much */
export function readForeignHash(hash: string): ForeignHash | undefined {
  const derived = readPbkdf2(hash) ?? readScrypt(hash) ?? readArgon2id(hash);
  return derived && { is: "foreign", derived, form: hash.endsWith(NFKC) ? "NFKC" : "typed" };
}

/** Decodes base64 without padding. @returns undefined if its last bits are not zero */
function decode(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64").replace(/=+$/, "") === text ? bytes : undefined;
}

function derivedKey(recipe: Recipe, salt = "", key = ""): DerivedKey | undefined {
  const bytes = { salt: decode(salt), key: decode(key) };
  return bytes.salt && bytes.key && { recipe, salt: bytes.salt, key: bytes.key };
}

function readPbkdf2(hash: string): DerivedKey | undefined {
  const match = PBKDF2.exec(hash);
  if (!match) return undefined;
  const [, digest = "-sha1", iterations, salt, key] = match.map((part) =>
    part?.replaceAll(".", "+"),
  );
  const scheme = `pbkdf2${digest}`;
  if (!isPbkdf2(scheme)) return undefined;
  const times = Number(iterations);
  const derived = derivedKey({ scheme, times }, salt, key);
  const fits =
    times >= 1 && times <= MAX.iterations && derived?.key.length === DIGEST_BYTES[scheme];
  return fits ? derived : undefined;
}

const isPbkdf2 = (scheme: string): scheme is keyof typeof DIGEST_BYTES =>
  Object.hasOwn(DIGEST_BYTES, scheme);

function readScrypt(hash: string): DerivedKey | undefined {
  const [, ln, r, p, salt, key] = SCRYPT.exec(hash) ?? [];
  if (ln === undefined) return undefined;
  const recipe = { scheme: "scrypt", n: 2 ** Number(ln), r: Number(r), times: Number(p) } as const;
  const { n, times } = recipe;
  const fits =
    n >= 2 &&
    // RFC 7914 section 2. A recipe that cannot run would fail as a decoy, too.
    Number(ln) < 16 * recipe.r &&
    workOf(recipe) > 0 &&
    (n * recipe.r) / 8 <= MAX.memoryKib &&
    times <= MAX.lanes &&
    workOf(recipe) <= MAX.scrypt;
  return fits ? derivedKey(recipe, salt, key) : undefined;
}

function readArgon2id(hash: string): DerivedKey | undefined {
  const [, m, t, p, salt, key] = ARGON2ID.exec(hash) ?? [];
  if (m === undefined) return undefined;
  const [memoryKib, times, lanes] = [Number(m), Number(t), Number(p)];
  const recipe = { scheme: "argon2id", memoryKib, lanes, times } as const;
  const fits =
    lanes >= 1 &&
    lanes <= MAX.lanes &&
    memoryKib >= 8 * lanes &&
    memoryKib <= MAX.memoryKib &&
    workOf(recipe) > 0 &&
    workOf(recipe) <= MAX.argon2id;
  return fits ? derivedKey(recipe, salt, key) : undefined;
}

/** The work of each of its `times`, in units of its scheme. */
function blockOf(recipe: Recipe): number {
  if (recipe.scheme === "scrypt") return recipe.n * recipe.r;
  return recipe.scheme === "argon2id" ? recipe.memoryKib : 1;
}

/** The work of a recipe, comparable only within its scheme. */
export const workOf = (recipe: Recipe): number => blockOf(recipe) * recipe.times;

/** How much of each scheme takes as long as one round of bcrypt, about. The queue needs it, and corrects it. */
const PER_ROUND: Record<Recipe["scheme"], number> = {
  "pbkdf2-sha1": 280,
  "pbkdf2-sha256": 280,
  "pbkdf2-sha512": 120,
  scrypt: 150,
  argon2id: 100,
};

/** The work of a recipe in rounds of bcrypt, about. */
export const roundsOf = (recipe: Recipe): number => workOf(recipe) / PER_ROUND[recipe.scheme];

/** A key to derive when there is no other. No password is known for it. */
const decoy = (recipe: Recipe): DerivedKey => ({
  recipe,
  salt: new Uint8Array(16),
  // PBKDF2 repeats all iterations for each digest-length block of the key.
  key: new Uint8Array(isPbkdf2(recipe.scheme) ? DIGEST_BYTES[recipe.scheme] : 32),
});

/**
 * What to derive so that all of it is as much work as the costliest recipe: a key, if it is of the scheme, and decoys.
 * Of Argon2id and scrypt, the same work takes longer or shorter with another size of memory.
 */
export function withDecoys(derived: DerivedKey | undefined, costliest: Recipe): DerivedKey[] {
  if (derived?.recipe.scheme !== costliest.scheme) return [decoy(costliest)];
  const { recipe } = derived;
  const times = Math.round((workOf(costliest) - workOf(recipe)) / blockOf(recipe));
  return times > 0 ? [derived, decoy({ ...recipe, times })] : [derived];
}
