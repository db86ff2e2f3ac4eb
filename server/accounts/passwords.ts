/** Passwords: which are accepted, and bcrypt in its own bounded pool of workers. */
import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { Piscina } from "piscina";
import type { Settings } from "../settings.ts";
import type { Task } from "./password-worker.js";

/** The queue of the workers is full; try again after so many seconds. */
export interface Busy {
  is: "busy";
  retryAfterSeconds: number;
}

/** Hashes and verifies passwords. Nothing here knows whose they are. */
export interface Passwords {
  /** @returns why a new password is refused, as a predicate that fits after its name; undefined when it is accepted. */
  problemOf(password: string): string | undefined;
  hash(password: string): Promise<{ is: "hashed"; hash: string } | Busy>;
  /**
   * Compares a password with a hash. Without a hash, and for a password that can have none, it does the work of one
   * comparison all the same, so that nobody can tell from the time.
   * @returns when it fits, also whether the hash should be renewed because it was made at a lower cost.
   */
  verify(
    password: string,
    hash: string | undefined,
  ): Promise<{ is: "match"; outdated: boolean } | { is: "mismatch" } | Busy>;
  close(): Promise<void>;
}

/** bcrypt reads so many bytes and ignores the rest. */
const MAX_BYTES = 72;
const TOO_LONG = `must be at most ${MAX_BYTES} bytes long in UTF-8`;
/**
 * Nothing with more UTF-16 units than this can become as short as bcrypt needs it (NFC joins at most four code points
 * into one, of two bytes at least). Normalising thousands of combining marks takes tens of milliseconds.
 */
const MAX_UNITS = 4 * MAX_BYTES;
/** A full queue takes about as long at the default cost. */
const RETRY_AFTER_SECONDS = 3;

/** NFC: one person's "é" on two keyboards is one password (RFC 8265 section 4.2.2). */
const normalize = (password: string) => password.normalize("NFC");

/**
 * A password as bcrypt compares it; undefined for one that bcrypt would misread. No more than that is turned away: the
 * policy for new passwords may have been milder once.
 */
function readable(password: string): string | undefined {
  if (password.length > MAX_UNITS || !password.isWellFormed() || password.includes("\0"))
    return undefined;
  const normalized = normalize(password);
  return Buffer.byteLength(normalized) <= MAX_BYTES ? normalized : undefined;
}

/** Opens the workers. They run at low priority: a flood of log-ins must not slow down those who are logged in. */
export async function openPasswords({
  bcryptCost,
  passwordMinLength,
}: Pick<Settings, "bcryptCost" | "passwordMinLength">): Promise<Passwords> {
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
  const run = async (task: Task): Promise<string | boolean | Busy> =>
    pool.queueSize < maxQueue
      ? pool.run(task)
      : { is: "busy", retryAfterSeconds: RETRY_AFTER_SECONDS };

  const problemOf = (password: string): string | undefined => {
    if (password.length > MAX_UNITS) return TOO_LONG;
    const normalized = normalize(password);
    if (!password.isWellFormed() || normalized.includes("\uFFFD"))
      return "must be well-formed Unicode";
    if (normalized.includes("\0")) return "must not hold a NUL character";
    if (Buffer.byteLength(normalized) > MAX_BYTES) return TOO_LONG;
    if ([...normalized].length < passwordMinLength)
      return `must be at least ${passwordMinLength} characters long`;
    return undefined;
  };

  const hash: Passwords["hash"] = async (password) => {
    const result = await run({ do: "hash", password: normalize(password), cost: bcryptCost });
    return typeof result === "object" ? result : { is: "hashed", hash: String(result) };
  };

  const decoy = await hash(randomBytes(32).toString("base64url"));
  if (decoy.is === "busy") throw new Error("a pool without work is busy");

  return {
    problemOf,
    hash,
    async verify(password, hash) {
      const candidate = readable(password);
      const comparable = hash !== undefined && candidate !== undefined;
      const task: Task = comparable
        ? { do: "verify", password: candidate, hash }
        : { do: "verify", password: "", hash: decoy.hash };
      const result = await run(task);
      if (typeof result === "object") return result;
      if (result !== true || !comparable) return { is: "mismatch" };
      return { is: "match", outdated: costOf(hash) < bcryptCost };
    },
    close: () => pool.destroy(),
  };
}

/** The cost in a bcrypt hash: `$2b$12$…` → 12. */
const costOf = (hash: string) => Number(hash.slice(4, 6));
