/** What a stored password hash says about itself. */
import { randomBytes } from "node:crypto";
import type { Db } from "../../db/open.ts";
import type { Recipe } from "./derived-keys.js";
import { type ForeignHash, readForeignHash, roundsOf, workOf } from "./foreign-hash.ts";

/**
 * The end of a hash that Tegata made: bcrypt of the whole NFC form. Any other bcrypt hash may have been made from other
 * bytes, or from the first 72 of more.
 */
export const OURS = "$nfc";

/** A hash that can be read. */
export type StoredHash = BcryptHash | ForeignHash;

/** A hash of bcrypt. */
export interface BcryptHash {
  is: "bcrypt";
  /** Without {@link OURS}. */
  bcrypt: string;
  /** The cost: 12 in `$2b$12$…`. */
  cost: number;
  isOurs: boolean;
}

/** A hash with a higher cost is not verified: at 15 it takes seconds, and each step doubles that. */
const MAX_COST = 15;

/**
 * Today's bcrypt under each of its names: `$2b$`, `$2a$` of old makers, and PHP's `$2y$`. The salt (22 characters) and
 * the digest (31) each end in bits that are always zero. Without them bcrypt would reject the hash immediately, and the
 * response time would say so.
 */
const BCRYPT = /^\$2[aby]\$\d\d\$[./A-Za-z\d]{21}[.Oeu][./A-Za-z\d]{30}[.CGKOSWaeimquy26]$/;

/** @param beginning of a hash, such as `$2b$12$` @returns undefined if it is not bcrypt, or of a cost that is not verified */
function costOf(beginning: string): number | undefined {
  const cost = Number(/^\$2[aby]\$(\d\d)\$/.exec(beginning)?.[1]);
  return cost >= 4 && cost <= MAX_COST ? cost : undefined;
}

/** @returns undefined for a hash of an unknown scheme, for a damaged one, and for one that costs too much */
export function readHash(hash: string): StoredHash | undefined {
  if (!hash.startsWith("$2")) return readForeignHash(hash);
  const isOurs = hash.endsWith(OURS);
  const bcrypt = isOurs ? hash.slice(0, -OURS.length) : hash;
  const cost = costOf(bcrypt);
  return cost === undefined || !BCRYPT.test(bcrypt)
    ? undefined
    : { is: "bcrypt", bcrypt, cost, isOurs };
}

/** How many users are read at a time. */
const PAGE = 10_000;

/** The most work that any stored hash takes. */
export interface StoredWork {
  /** The highest cost of bcrypt; 0 if there is no such hash. */
  cost: number;
  /** The costliest recipe of each other scheme that there is. */
  recipes: ReadonlyMap<Recipe["scheme"], Recipe>;
}

/** A salt and a key, so that the beginning of a hash can be read like a whole one; from the shortest keys to the longest. */
const REST = [27, 43, 86].map((length) => `${"A".repeat(22)}$${"A".repeat(length)}`);

/** The most work that the hashes in the database take. A million users take about two seconds. */
export async function readStoredWork({ users }: Pick<Db, "users">): Promise<StoredWork> {
  let highest = 0;
  const recipes = new Map<Recipe["scheme"], Recipe>();
  for (let last = 0; ; ) {
    const page = await users.listHashBeginnings(last, PAGE);
    if (page.length === 0) return { cost: highest, recipes };
    for (const { beginning, lastId } of page) {
      last = Math.max(last, lastId);
      highest = Math.max(highest, costOf(beginning) ?? 0);
      const read = REST.map((rest) => readForeignHash(beginning + rest)).find(Boolean);
      if (read) keepCostliest(recipes, read.derived.recipe);
    }
  }
}

/** Keeps a recipe if it is more work than the one of its scheme that is known. */
export function keepCostliest(recipes: Map<Recipe["scheme"], Recipe>, recipe: Recipe): void {
  const known = recipes.get(recipe.scheme);
  if (!known || workOf(recipe) > workOf(known)) recipes.set(recipe.scheme, recipe);
}

/**
 * The most work that all other schemes may be together, in rounds of bcrypt: less than bcrypt with a cost of 15. Every
 * login does it. Any one scheme at its bounds is less, and so are the defaults of all makers together.
 */
const MAX_ROUNDS = 20_000;

/**
 * Keeps a recipe as {@link keepCostliest} does, unless all schemes together would be too much work then.
 * @returns whether a hash with this recipe may be stored
 */
export function admit(recipes: Map<Recipe["scheme"], Recipe>, recipe: Recipe): boolean {
  const known = recipes.get(recipe.scheme);
  if (known && workOf(recipe) <= workOf(known)) return true;
  const others = [...recipes.values()].filter(({ scheme }) => scheme !== recipe.scheme);
  const rounds = [...others, recipe].reduce((sum, one) => sum + roundsOf(one), 0);
  if (rounds > MAX_ROUNDS) return false;
  recipes.set(recipe.scheme, recipe);
  return true;
}

/** A hash of this cost, to compare with when there is no other. No password is known for it. */
export const decoyOf = (cost: number): string =>
  `$2b$${String(cost).padStart(2, "0")}$${".".repeat(53)}`;

/** A new hash that replaces one whose password must no longer be valid. Nobody knows a password for it. */
export function randomHash(cost: number): string {
  const characters = randomBytes(53).toString("base64").replaceAll("+", ".").slice(0, 53).split("");
  // The last character of the salt and of the digest: one of those that bcrypt writes there.
  characters[21] = ".";
  characters[52] = ".";
  return `$2b$${String(cost).padStart(2, "0")}$${characters.join("")}${OURS}`;
}

/**
 * How the schemes that one meets begin: `$argon2id$…` and the like, Django's `pbkdf2_sha256$…`, LDAP's `{SSHA}…`. Only
 * these names are logged: what is stored may be a password that nobody hashed.
 */
const SCHEME =
  /^[${]?(argon2(?:id|i|d)?|(?:django_)?bcrypt(?:[-_]sha256)?|2[abxy]?|scrypt|pbkdf2(?:[-_]sha\d+)?|y|gy|7|6|5|1|apr1|[PH]|s?sha\d*|s?md5|crypt)[$}]/i;

/** The name of the scheme of a hash that cannot be read, for the log; `2b` and the like are damaged, or cost too much. */
export const schemeOf = (hash: string): string =>
  SCHEME.exec(hash)?.[1]?.toLowerCase() ?? "unknown";
