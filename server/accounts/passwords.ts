/** Passwords: the policy for new ones, and bcrypt in its own bounded pool of workers. */
import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { Piscina } from "piscina";
import type { Settings } from "../settings.ts";
import { type FieldError, fieldError } from "./field-errors.ts";
import type { Task } from "./password-worker.js";

/** The queue of the workers is full; try again after this many seconds. */
export interface Busy {
  is: "busy";
  retryAfterSeconds: number;
}

/** Hashes and verifies passwords, independently of accounts. */
export interface Passwords {
  /** @returns why a new password is rejected; undefined if it is accepted. */
  errorOf(password: string): FieldError | undefined;
  hash(password: string): Promise<{ is: "hashed"; hash: string } | Busy>;
  /**
   * Compares a password with a hash. Without a hash, or if the password cannot have one, it still does the work of one
   * comparison, so that the response time reveals nothing.
   * @returns on a match, also whether the hash should be renewed because it was made at a lower cost.
   */
  verify(
    password: string,
    hash: string | undefined,
  ): Promise<{ is: "match"; outdated: boolean } | { is: "mismatch" } | Busy>;
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

/** NFC, so that an "é" from two different keyboards is the same password (RFC 8265 section 4.2.2). */
const normalize = (password: string) => password.normalize("NFC");

/**
 * A password as bcrypt compares it; undefined for one that bcrypt would misread. Nothing else is rejected here: the
 * policy for new passwords may have been different when this one was set.
 */
function comparable(password: string): string | undefined {
  if (password.length > MAX_UNITS || !password.isWellFormed() || password.includes("\0"))
    return undefined;
  const normalized = normalize(password);
  return Buffer.byteLength(normalized) <= MAX_BYTES ? normalized : undefined;
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
  run(task: Task): Promise<string | boolean | Busy>;
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
    run: async (task) =>
      pool.queueSize < maxQueue
        ? pool.run(task)
        : { is: "busy", retryAfterSeconds: RETRY_AFTER_SECONDS },
    close: () => pool.destroy(),
  };
}

/** Opens the password service, with its own workers. */
export async function openPasswords({ bcryptCost, passwordMinLength }: Rules): Promise<Passwords> {
  const workers = openWorkers();

  const hash: Passwords["hash"] = async (password) => {
    const task = { do: "hash", password: normalize(password), cost: bcryptCost } as const;
    const result = await workers.run(task);
    return typeof result === "object" ? result : { is: "hashed", hash: String(result) };
  };

  const decoy = await hash(randomBytes(32).toString("base64url"));
  if (decoy.is === "busy") throw new Error("a pool without work is busy");

  return {
    errorOf: (password) => errorOf(password, passwordMinLength),
    hash,
    async verify(password, hash) {
      const candidate = comparable(password);
      const isPossible = hash !== undefined && candidate !== undefined;
      const task: Task = isPossible
        ? { do: "verify", password: candidate, hash }
        : { do: "verify", password: "", hash: decoy.hash };
      const result = await workers.run(task);
      if (typeof result === "object") return result;
      if (result !== true || !isPossible) return { is: "mismatch" };
      return { is: "match", outdated: costOf(hash) < bcryptCost };
    },
    close: workers.close,
  };
}

/** The cost in a bcrypt hash: `$2b$12$…` → 12. */
const costOf = (hash: string) => Number(hash.slice(4, 6));
