/** The policy for new passwords. An old password stays valid, whatever is decided here later. */
import type { Settings } from "../settings.ts";
import { isPattern, openCommonPasswords } from "./common-passwords.ts";
import { type FieldError, type FieldErrorCode, fieldError } from "./field-errors.ts";

/** bcrypt reads this many bytes and ignores the rest. */
export const MAX_BYTES = 72;
/**
 * A password with more UTF-16 units than this is too long for bcrypt in any form (NFC joins at most four code points
 * into one, of at least two bytes). Normalizing thousands of combining marks takes tens of milliseconds.
 */
export const MAX_UNITS = 4 * MAX_BYTES;

/** NFC, so that an "é" from two different keyboards is the same password (RFC 8265 section 4.2.2). */
export const normalize = (password: string) => password.normalize("NFC");

/** Whose password it is. Others know this of an account, and guess it first. */
export interface PasswordOwner {
  email: string;
  username?: string | null | undefined;
  fullName?: string | null | undefined;
}

/** The settings that the policy depends on. */
export type PolicySettings = Pick<Settings, "passwordMinLength" | "issuer">;

const PRODUCT = "tegata";
/** A shorter word is in too many passwords by chance. In code points. */
const MIN_WORD = 3;

const lengthOf = (text: string) => [...text].length;

/** A text without case and width, to compare with what an attacker would try. A password is not hashed in this form. */
const fold = (text: string) => text.normalize("NFKC").toLowerCase();

/** A folded text, and each of its words. */
const wordsOf = (text: string) => [text, ...text.split(/[^\p{L}\p{M}\p{N}]+/u)];

/** The words of a host. The last label, such as `com`, is no word. */
const wordsOfHost = (host: string) => [host, ...wordsOf(host.split(".").slice(0, -1).join("."))];

/** The words that do not count in a password of this owner, by the error to report. */
function knownWords(
  { email, username, fullName }: PasswordOwner,
  issuer: string,
): [FieldErrorCode, string[]][] {
  const at = email.lastIndexOf("@");
  return [
    [
      "contains_email",
      [email, ...wordsOf(email.slice(0, at)), ...wordsOfHost(email.slice(at + 1))],
    ],
    ["contains_username", wordsOf(fold(username ?? ""))],
    ["contains_full_name", wordsOf(fold(fullName ?? ""))],
    ["contains_service_name", [PRODUCT, ...wordsOfHost(new URL(issuer).hostname)]],
  ];
}

/** Replaces each of the words by a NUL, which no password contains: nothing on its two sides becomes a word. */
const remove = (text: string, words: readonly string[]) =>
  words
    .filter((word) => lengthOf(word) >= MIN_WORD)
    .sort((a, b) => b.length - a.length)
    .reduce((rest, word) => rest.replaceAll(word, "\0"), text);

/** Opens the policy. @returns why a new password is rejected; undefined if it is accepted */
export function openPolicy({
  passwordMinLength,
  issuer,
}: PolicySettings): (password: string, owner: PasswordOwner) => FieldError | undefined {
  const isCommon = openCommonPasswords();

  return (password, owner) => {
    if (password.length > MAX_UNITS) return fieldError("too_many_bytes", MAX_BYTES);
    const normalized = normalize(password);
    if (!password.isWellFormed() || normalized.includes("\uFFFD"))
      return fieldError("invalid_unicode");
    if (normalized.includes("\0")) return fieldError("nul_character");
    if (Buffer.byteLength(normalized) > MAX_BYTES) return fieldError("too_many_bytes", MAX_BYTES);
    if (lengthOf(normalized) < passwordMinLength) return fieldError("too_short", passwordMinLength);

    const folded = fold(normalized);
    if (isCommon(folded)) return fieldError("too_common");
    if (isPattern(folded)) return fieldError("too_simple");
    let rest = folded;
    for (const [code, words] of knownWords(owner, issuer)) {
      const before = rest;
      rest = remove(rest, words);
      if (rest !== before && lengthOf(rest.replaceAll("\0", "")) < passwordMinLength)
        return fieldError(code, passwordMinLength);
    }
    return undefined;
  };
}
