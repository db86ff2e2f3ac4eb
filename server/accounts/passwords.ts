/** Passwords: bcrypt in workers of its own, behind a queue. Whatever is verified takes the same work. */
import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { trace } from "@opentelemetry/api";
import { LRUCache } from "lru-cache";
import { Piscina } from "piscina";
import type { Metrics } from "../metrics.ts";
import type { Settings } from "../settings.ts";
import type { FieldError } from "./field-errors.ts";
import {
  MAX_BYTES,
  MAX_UNITS,
  normalize,
  openPolicy,
  type PasswordOwner,
  type PolicySettings,
} from "./password-policy.ts";
import { type Busy, openPasswordQueue, type PasswordQueue } from "./password-queue.ts";
import type { Task } from "./password-worker.js";
import { decoyOf, OURS, readHash, type StoredHash, schemeOf } from "./stored-hash.ts";

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
  /** @returns why a new password of this owner is rejected; undefined if it is accepted. */
  errorOf(password: string, owner: PasswordOwner): FieldError | undefined;
  /**
   * Hashes a password that {@link errorOf} accepts, or that an old hash fits: one that is too long today is hashed again
   * by its first 72 bytes.
   * @param gone aborted when nobody waits for the hash any more; the work is then not begun
   */
  hash(password: string, gone?: AbortSignal): Promise<{ is: "hashed"; hash: string } | Busy>;
  /**
   * Compares a password with a hash, as the maker of the hash would. The work depends on the password alone: without a
   * hash, with one that cannot be read or has another cost, and after a match it is the same, so that the response time
   * reveals nothing.
   * @param gone as for {@link hash}
   */
  verify(password: string, hash: string | undefined, gone?: AbortSignal): Promise<Verified>;
  /** What waits for the workers, and whether they make progress. */
  queue: PasswordQueue["state"];
  close(): Promise<void>;
}

/** How many unreadable hashes are remembered as reported. */
const REPORTED = 10_000;

/** The cost of the hash that shows how fast this machine is. */
const MEASURED_COST = 9;

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

/** Opens the workers. They run at low priority: a flood of logins must not slow down the users who are logged in. */
function openWorkers(metrics: Metrics | undefined) {
  const threads = availableParallelism();
  const pool = new Piscina<Task, string | boolean[]>({
    filename: new URL("./password-worker.js", import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    niceIncrement: 10,
    recordTiming: false,
  });
  const queue = openPasswordQueue(threads);
  // If a worker dies, piscina starts another. The work has no effects, so it can be done again.
  const work = (task: Task) => pool.run(task).catch(() => pool.run(task));
  const enqueue = (task: Task, costs: readonly number[], gone?: AbortSignal) => {
    const units = costs.reduce((sum, cost) => sum + 2 ** cost, 0);
    return queue.run(units, () => work(task), gone);
  };
  const measure = async () => {
    // The first task waits until a worker has loaded bcrypt, so its time says nothing about the next ones.
    await pool.run({ do: "verify", comparisons: [] });
    await enqueue({ do: "hash", password: randomBytes(8), cost: MEASURED_COST }, [MEASURED_COST]);
  };
  // The service starts in the meantime. The queue has a length as soon as it knows how long a hash takes.
  const measured = measure();
  return {
    /** @param costs of the hashes in the task */
    async run(task: Task, costs: readonly number[], gone: AbortSignal | undefined) {
      await measured;
      const startMs = performance.now();
      const done = await trace
        .getTracer("tegata")
        .startActiveSpan("password", (span) =>
          enqueue(task, costs, gone).finally(() => span.end()),
        );
      // Who has hung up was not refused.
      if (!gone?.aborted) metrics?.password(done.is, (performance.now() - startMs) / 1000);
      return done;
    },
    queue: queue.state,
    async close() {
      queue.close();
      await measured;
      await pool.destroy();
    },
  };
}

/** What a candidate is compared with: `candidate` is undefined where only the work matters. */
interface Comparison {
  candidate?: Candidate;
  hash: string;
  cost: number;
}

const decoy = (cost: number): Comparison => ({ hash: decoyOf(cost), cost });

/** The comparison of a candidate with a hash, if they can match, and decoys. All of it takes 2 to the power of `total`. */
function comparisonsOf(
  candidate: Candidate | undefined,
  stored: StoredHash | undefined,
  total: number,
): Comparison[] {
  if (!stored || !candidate || (stored.isOurs && !candidate.isOurs)) return [decoy(total)];
  const comparison = { candidate, hash: stored.bcrypt, cost: stored.cost };
  // 2^10 + (2^10 + 2^11) = 2^12.
  const lacking = Array.from({ length: total - stored.cost }, (_, i) => decoy(stored.cost + i));
  return [comparison, ...lacking];
}

/**
 * Opens the password service, with its own workers.
 * @param highestStoredCost of the hashes that there are already; 0 if there are none
 */
export function openPasswords(
  settings: Pick<Settings, "bcryptCost"> & PolicySettings,
  highestStoredCost: number,
  metrics?: Metrics,
): Passwords {
  const { bcryptCost } = settings;
  const workers = openWorkers(metrics);
  /** The highest cost of any hash. Every password is compared with as much work as that, whatever its hash costs. */
  let highestCost = Math.max(bcryptCost, highestStoredCost);

  const hash: Passwords["hash"] = async (password, gone) => {
    const [candidate] = candidatesOf(password);
    if (!candidate) throw new Error("this password cannot be hashed");
    const task = { do: "hash", password: candidate.bytes, cost: bcryptCost } as const;
    const hashed = await workers.run(task, [bcryptCost], gone);
    if (hashed.is === "busy") return hashed;
    return { is: "hashed", hash: candidate.isOurs ? hashed.result + OURS : String(hashed.result) };
  };

  const compare = async (comparisons: readonly Comparison[], gone: AbortSignal | undefined) => {
    const task: Task = {
      do: "verify",
      comparisons: comparisons.map(({ candidate, hash }) => ({
        password: candidate?.bytes ?? new Uint8Array(),
        hash,
      })),
    };
    const costs = comparisons.map(({ cost }) => cost);
    const compared = await workers.run(task, costs, gone);
    if (compared.is === "busy") return compared;
    const { result } = compared;
    const matching = comparisons.find(({ candidate }, i) => candidate && result[i] === true);
    return { is: "compared", match: matching?.candidate } as const;
  };

  const reported = new LRUCache<string, true>({ max: REPORTED });

  return {
    errorOf: openPolicy(settings),
    hash,
    async verify(password, hash, gone) {
      const stored = hash === undefined ? undefined : readHash(hash);
      highestCost = Math.max(highestCost, stored?.cost ?? 0);
      const candidates = candidatesOf(password);
      const comparisons = (candidates.length > 0 ? candidates : [undefined]).flatMap((candidate) =>
        comparisonsOf(candidate, stored, highestCost),
      );
      const compared = await compare(comparisons, gone);
      if (compared.is === "busy") return compared;
      const { match } = compared;
      if (match && stored) {
        // `hash` makes a new one from the first candidate.
        return { is: "match", outdated: match !== candidates[0] || stored.cost < bcryptCost };
      }
      if (hash === undefined || stored) return { is: "mismatch" };
      const isNews = !reported.has(hash);
      reported.set(hash, true);
      return { is: "unreadable", scheme: schemeOf(hash), isNews };
    },
    queue: workers.queue,
    close: workers.close,
  };
}
