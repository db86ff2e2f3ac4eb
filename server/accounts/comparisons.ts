/** What a password is compared with: its forms with a stored hash, and decoys that make up for the rest of the work. */
import type { DerivedKey, Recipe } from "./derived-keys.js";
import { type ForeignHash, roundsOf, withDecoys } from "./foreign-hash.ts";
import { MAX_BYTES, MAX_UNITS, normalize } from "./password-policy.ts";
import { decoyOf, type StoredHash } from "./stored-hash.ts";

/** What is hashed of a password. */
export interface Candidate {
  bytes: Uint8Array;
  /** Whether it is the NFC form, whole, as Tegata hashes it; otherwise the first bytes as they were typed. */
  isOurs: boolean;
}

/**
 * A password in each form that a hash may have been made from: today's first. Other makers do not normalize, and most
 * (passlib, PHP) cut off what bcrypt ignores. There is none for a password that bcrypt would misread. Nothing else is
 * refused here: the policy for new passwords may have been different when this one was set.
 */
export function candidatesOf(password: string): Candidate[] {
  if (!password.isWellFormed() || password.includes("\0")) return [];
  const encoder = new TextEncoder();
  const typed = { bytes: encoder.encode(password).slice(0, MAX_BYTES), isOurs: false };
  if (password.length > MAX_UNITS) return [typed];
  const normalized = normalize(password);
  const ours = { bytes: encoder.encode(normalized), isOurs: true };
  if (ours.bytes.length > MAX_BYTES) return [typed];
  return normalized === password ? [ours] : [ours, typed];
}

/** What a candidate is compared with: `candidate` is undefined where only the work matters. */
export interface Comparison {
  candidate?: Candidate | undefined;
  hash: string | DerivedKey;
  /** The work, in rounds of bcrypt. */
  rounds: number;
}

const decoy = (cost: number): Comparison => ({ hash: decoyOf(cost), rounds: 2 ** cost });

/** The comparison of a candidate with a hash, if they can match, and decoys. All of it takes 2 to the power of `total`. */
export function comparisonsOf(
  candidate: Candidate | undefined,
  stored: StoredHash | undefined,
  total: number,
): Comparison[] {
  if (stored?.is !== "bcrypt" || !candidate || (stored.isOurs && !candidate.isOurs))
    return [decoy(total)];
  const comparison = { candidate, hash: stored.bcrypt, rounds: 2 ** stored.cost };
  // 2^10 + (2^10 + 2^11) = 2^12.
  const lacking = Array.from({ length: total - stored.cost }, (_, i) => decoy(stored.cost + i));
  return [comparison, ...lacking];
}

/** A password in the form that a hash of another scheme was made from: whole. Undefined if it can have none. */
function foreignCandidateOf(password: string, { form }: ForeignHash): Candidate | undefined {
  if (!password.isWellFormed() || password.includes("\0")) return undefined;
  if (form === "NFKC" && password.length > MAX_UNITS) return undefined;
  const text = form === "NFKC" ? password.normalize("NFKC") : password;
  return { bytes: new TextEncoder().encode(text), isOurs: false };
}

/** The comparison with a hash of another scheme, and decoys: as much work as the costliest recipe of each scheme. */
export function foreignComparisonsOf(
  password: string,
  stored: StoredHash | undefined,
  costliest: Iterable<Recipe>,
): Comparison[] {
  const candidate = stored?.is === "foreign" ? foreignCandidateOf(password, stored) : undefined;
  const derived = stored?.is === "foreign" && candidate ? stored.derived : undefined;
  return [...costliest]
    .flatMap((recipe) => withDecoys(derived, recipe))
    .map((hash) => ({
      candidate: hash === derived ? candidate : undefined,
      hash,
      rounds: roundsOf(hash.recipe),
    }));
}
