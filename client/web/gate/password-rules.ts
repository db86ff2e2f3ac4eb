/**
 * The rules for new passwords that the page can check while somebody types. They are hints: the server decides
 * (`server/accounts/password-policy.ts`).
 */
import { facts } from "../facts.ts";

/** In characters as people count them, which are not those of JavaScript. */
const lengthOf = (text: string) => [...text].length;

/** Whether the password has as many characters as the server wants. */
export const isLongEnough = (password: string): boolean =>
  lengthOf(password.normalize("NFC")) >= facts.passwordMinLength;

const fold = (text: string) => text.normalize("NFKC").toLowerCase();

/** Whether enough of the password is left without what others know of its owner. */
export function isMoreThan(password: string, owner: readonly string[]): boolean {
  const words = owner
    .flatMap((text) => [fold(text), ...fold(text).split(/[^\p{L}\p{M}\p{N}]+/u)])
    .filter((word) => lengthOf(word) >= 3)
    .sort((a, b) => b.length - a.length);
  const rest = words.reduce((left, word) => left.replaceAll(word, ""), fold(password));
  return lengthOf(rest) >= facts.passwordMinLength;
}
