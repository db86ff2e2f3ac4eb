/** The passwords that others guess first: those of a list, and those that a hand types without a thought. */
import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";

/** Known passwords of at least 8 characters in lowercase, one per line; made by `npm run passwords:generate`. */
const LIST = new URL("./common-passwords.br", import.meta.url);
/** How many digits and symbols after a known password do not make it another: `password2026!` has five. */
const MAX_ADDED = 6;

const readList = (): ReadonlySet<string> =>
  new Set(brotliDecompressSync(readFileSync(LIST)).toString().split("\n"));

/** @returns whether a password is on the list, or is one with a few digits and symbols added; in lowercase */
export function openCommonPasswords(): (password: string) => boolean {
  let list: ReadonlySet<string> | undefined;
  return (password) => {
    // Read for the first new password: a service may run for long without one.
    list ??= readList();
    for (let added = 0, known = password; added <= MAX_ADDED; added++, known = known.slice(0, -1)) {
      if (list.has(known)) return true;
      if (/\p{L}$/u.test(known)) return false;
    }
    return false;
  };
}

/** Rows of keys and other sequences, each twice: `90123456` begins again. */
const SEQUENCES = [
  "1234567890",
  "abcdefghijklmnopqrstuvwxyz",
  "qwertyuiopasdfghjklzxcvbnm",
  "qwertzuiopasdfghjklyxcvbnm",
  "azertyuiopqsdfghjklmwxcvbn",
  "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
  "qazwsxedcrfvtgbyhnujmikolp",
].flatMap((row) => [row + row, [...(row + row)].reverse().join("")]);
/** `abcdabcdab`: up to four characters over and over. */
const REPETITION = 4;

/** Whether a password is a part of a sequence of keys, or repeats a few characters; in lowercase. */
export function isPattern(password: string): boolean {
  if (SEQUENCES.some((sequence) => sequence.includes(password))) return true;
  const characters = [...password];
  const repeats = (length: number) =>
    characters.every((character, i) => character === characters[i % length]);
  return Array.from({ length: REPETITION }, (_, i) => i + 1).some(repeats);
}
