/** Passwords: the policy for new ones, and bcrypt in its own bounded pool of workers. */
import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { LRUCache } from "lru-cache";
import { Piscina } from "piscina";
import type { Settings } from "../settings.ts";
import { type FieldError, fieldError } from "./field-errors.ts";
import type { Task } from "./password-worker.js";
import { OURS, readHash, schemeOf } from "./stored-hash.ts";

/** The queue of the workers is full; try again after this many seconds. */
export interface Busy {
  is: "busy";
  retryAfterSeconds: number;
}

/** Whether a password matches a hash. */
export type Verified =
  | {
      is: "match";
      /** Whether the hash should be renewed: it has a lower cost than today's, or is not one of an NFC form. */
      outdated: boolean;
    }
  | { is: "mismatch" }
  | {
      /** bcrypt cannot read the hash, so no password matches it. */
      is: "unreadable";
      /** Whose hash it seems to be, for the log: a name from a fixed list, never a part of the hash. */
      scheme: string;
      /** Whether this hash was not reported before. */
      isNews: boolean;
    }
  | Busy;

/** Hashes and verifies passwords, independently of accounts. */
export interface Passwords {
  /** @returns why a new password is rejected; undefined if it is accepted. */
  errorOf(password: string): FieldError | undefined;
  /**
   * Hashes a password that {@link errorOf} accepts, or that an old hash fits: one that is too long today is hashed again
   * by its first 72 bytes.
   * @param gone aborted when nobody waits for the hash any more; the work is then not begun
   */
  hash(password: string, gone?: AbortSignal): Promise<{ is: "hashed"; hash: string } | Busy>;
  /**
   * Compares a password with a hash, as the maker of the hash would. The work depends on the password alone: without a
   * hash, with one that cannot be read, and after a match it is the same, so that the response time reveals nothing.
   * @param gone as for {@link hash}
   */
  verify(password: string, hash: string | undefined, gone?: AbortSignal): Promise<Verified>;
  close(): Promise<void>;
}

type Rules = Pick<Settings, "bcryptCost" | "passwordMinLength">;

/** bcrypt reads this many bytes and ignores the rest. */
const MAX_BYTES = 72;
/**
 * A password with more UTF-16 units than this is too long for bcrypt in any form (NFC joins at most four code points
 * into one, of at least two bytes). Normalizing thousands of combining marks takes tens of milliseconds.
 */
const MAX_UNITS = 4 * MAX_BYTES;
/** A full queue takes about this long at the default cost. */
const RETRY_AFTER_SECONDS = 3;
/** How many unreadable hashes are remembered as reported. */
const REPORTED = 10_000;

/** NFC, so that an "é" from two different keyboards is the same password (RFC 8265 section 4.2.2). */
const normalize = (password: string) => password.normalize("NFC");

/** What bcrypt is given of a password. */
interface Candidate {
  bytes: Uint8Array;
  /** Whether it is the NFC form, whole, as Tegata hashes it; otherwise the first bytes as they were typed. */
  isOurs: boolean;
}

/**
 * A password in each form that a hash may have been made from: today's first. Other makers do not normalize, and most
 * (passlib, PHP) cut off what bcrypt ignores. There is none for a password that bcrypt would misread. Nothing else is
 * refused here: the policy for new passwords may have been different when this one was set.
 */
function candidatesOf(password: string): Candidate[] {
  if (!password.isWellFormed() || password.includes("\0")) return [];
  const encoder = new TextEncoder();
  const typed = { bytes: encoder.encode(password).slice(0, MAX_BYTES), isOurs: false };
  if (password.length > MAX_UNITS) return [typed];
  const normalized = normalize(password);
  const ours = { bytes: encoder.encode(normalized), isOurs: true };
  if (ours.bytes.length > MAX_BYTES) return [typed];
  return normalized === password ? [ours] : [ours, typed];
}

/** The policy for new passwords. @param minLength in code points */
function errorOf(password: string, minLength: number): FieldError | undefined {
  if (password.length > MAX_UNITS) return fieldError("too_many_bytes", MAX_BYTES);
  const normalized = normalize(password);
  if (!password.isWellFormed() || normalized.includes("\uFFFD"))
    return fieldError("invalid_unicode");
  if (normalized.includes("\0")) return fieldError("nul_character");
  if (Buffer.byteLength(normalized) > MAX_BYTES) return fieldError("too_many_bytes", MAX_BYTES);
  if ([...normalized].length < minLength) return fieldError("too_short", minLength);
  return undefined;
}

/** Opens the workers. They run at low priority: a flood of logins must not slow down the users who are logged in. */
function openWorkers(): {
  run(task: Task, gone: AbortSignal | undefined): Promise<string | boolean | Busy>;
  close(): Promise<void>;
} {
  const threads = availableParallelism();
  const maxQueue = Math.max(32, 16 * threads);
  const pool = new Piscina<Task, string | boolean>({
    filename: new URL("./password-worker.js", import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    maxQueue,
    niceIncrement: 10,
    recordTiming: false,
  });
  return {
    run: async (task, gone) =>
      pool.queueSize < maxQueue && !gone?.aborted
        ? pool.run(task)
        : { is: "busy", retryAfterSeconds: RETRY_AFTER_SECONDS },
    close: () => pool.destroy(),
  };
}

/** Opens the password service, with its own workers. */
export async function openPasswords({ bcryptCost, passwordMinLength }: Rules): Promise<Passwords> {
  const workers = openWorkers();

  const hash: Passwords["hash"] = async (password, gone) => {
    const [candidate] = candidatesOf(password);
    if (!candidate) throw new Error("this password cannot be hashed");
    const task = { do: "hash", password: candidate.bytes, cost: bcryptCost } as const;
    const result = await workers.run(task, gone);
    if (typeof result === "object") return result;
    return { is: "hashed", hash: candidate.isOurs ? result + OURS : String(result) };
  };

  const decoy = await workers.run(
    { do: "hash", password: randomBytes(32), cost: bcryptCost },
    undefined,
  );
  if (typeof decoy !== "string") throw new Error("a pool without work is busy");
  const reported = new LRUCache<string, true>({ max: REPORTED });

  return {
    errorOf: (password) => errorOf(password, passwordMinLength),
    hash,
    async verify(password, hash, gone) {
      const stored = hash === undefined ? undefined : readHash(hash);
      const candidates = candidatesOf(password);
      let match: Candidate | undefined;
      for (const candidate of candidates.length > 0 ? candidates : [undefined]) {
        const isPossible = stored && candidate && (candidate.isOurs || !stored.isOurs);
        const task = isPossible
          ? { password: candidate.bytes, hash: stored.bcrypt }
          : { password: new Uint8Array(), hash: decoy };
        const result = await workers.run({ do: "verify", ...task }, gone);
        if (typeof result === "object") return result;
        if (result === true && isPossible) match ??= candidate;
      }
      if (match && stored) {
        // `hash` makes a new one from the first candidate.
        return { is: "match", outdated: match !== candidates[0] || stored.cost < bcryptCost };
      }
      if (hash === undefined || stored) return { is: "mismatch" };
      const isNews = !reported.has(hash);
      reported.set(hash, true);
      return { is: "unreadable", scheme: schemeOf(hash), isNews };
    },
    close: workers.close,
  };
}
