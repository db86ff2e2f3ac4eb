/** What a stored password hash says about itself. */

/**
 * The end of a hash that Tegata made: bcrypt of the whole NFC form. Any other bcrypt hash may have been made from other
 * bytes, or from the first 72 of more.
 */
export const OURS = "$nfc";

/** A hash that can be read. */
export interface StoredHash {
  /** Without {@link OURS}. */
  bcrypt: string;
  /** The cost: 12 in `$2b$12$…`. */
  cost: number;
  isOurs: boolean;
}

/** Today's bcrypt under each of its names: `$2b$`, `$2a$` of old makers, and PHP's `$2y$`. */
const BCRYPT = /^\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./\w]{53}$/;

/** @returns undefined for a hash of another scheme, and for a damaged one */
export function readHash(hash: string): StoredHash | undefined {
  const isOurs = hash.endsWith(OURS);
  const bcrypt = isOurs ? hash.slice(0, -OURS.length) : hash;
  const [, cost] = BCRYPT.exec(bcrypt) ?? [];
  return cost === undefined ? undefined : { bcrypt, cost: Number(cost), isOurs };
}

/**
 * How the schemes that one meets begin: `$argon2id$…` and the like, Django's `pbkdf2_sha256$…`, LDAP's `{SSHA}…`. Only
 * these names are logged: what is stored may be a password that nobody hashed.
 */
const SCHEME =
  /^[${]?(argon2(?:id|i|d)?|(?:django_)?bcrypt(?:[-_]sha256)?|2[abxy]?|scrypt|pbkdf2(?:[-_]sha\d+)?|y|gy|7|6|5|1|apr1|[PH]|s?sha\d*|s?md5|crypt)[$}]/i;

/** The name of the scheme of a hash that cannot be read, for the log; `2b` and the like are damaged bcrypt. */
export const schemeOf = (hash: string): string =>
  SCHEME.exec(hash)?.[1]?.toLowerCase() ?? "unknown";
