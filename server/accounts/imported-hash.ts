/** The hashes that other systems export, in the one spelling that is stored for each scheme. */
import { NFKC } from "./foreign-hash.ts";
import { readHash, schemeOf } from "./stored-hash.ts";

/** The length of the column. */
const MAX_LENGTH = 255;

const base64 = (bytes: string | Buffer) => Buffer.from(bytes).toString("base64").replace(/=+$/, "");
/** passlib's base64. */
const passlib64 = (bytes: string | Buffer) => base64(bytes).replaceAll("+", ".");

/** A spelling, and what is stored for a hash that has it. */
type Spelling = [pattern: RegExp, stored: (parts: Record<string, string>) => string];

const SPELLINGS: readonly Spelling[] = [
  // Django: each hash begins with the name of its hasher. What follows is bcrypt and Argon2 as others write them.
  [/^(?:bcrypt\$|argon2)(?<hash>\$.*)$/, ({ hash = "" }) => hash],
  [
    /^pbkdf2_sha(?<digest>1|256)\$(?<times>\d+)\$(?<salt>[^$]+)\$(?<key>[A-Za-z\d+/]+=*)$/,
    ({ digest, times, salt = "", key = "" }) =>
      `$pbkdf2${digest === "1" ? "" : "-sha256"}$${times}$${passlib64(salt)}$${passlib64(Buffer.from(key, "base64"))}`,
  ],
  [
    /^scrypt\$(?<n>\d+)\$(?<salt>[^$]+)\$(?<r>\d+)\$(?<p>\d+)\$(?<key>[A-Za-z\d+/]+=*)$/,
    ({ n, r, p, salt = "", key = "" }) =>
      `$scrypt$ln=${Math.log2(Number(n))},r=${r},p=${p}$${base64(salt)}$${base64(Buffer.from(key, "base64"))}`,
  ],
  // better-auth: salt and key in hexadecimal. It gives scrypt the text of the salt, not its bytes.
  [
    /^(?<salt>[\da-f]{32}):(?<key>[\da-f]{128})$/,
    ({ salt = "", key = "" }) =>
      `$scrypt$ln=14,r=16,p=1$${base64(salt)}$${base64(Buffer.from(key, "hex"))}${NFKC}`,
  ],
];

/**
 * Reads a hash that was exported by another system, or by `tegata users export`.
 * @returns what to store, or the name of its scheme if no password could be compared with it; never a part of the hash
 */
export function readImportedHash(
  text: string,
): { is: "hash"; hash: string } | { is: "unreadable"; scheme: string } {
  const hash = SPELLINGS.reduce((found, [pattern, stored]) => {
    const match = pattern.exec(text);
    return match ? stored({ ...match.groups }) : found;
  }, text);
  if (hash.length <= MAX_LENGTH && readHash(hash)) return { is: "hash", hash };
  return { is: "unreadable", scheme: schemeOf(text) };
}
