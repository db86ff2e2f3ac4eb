/** Passwords: hashed and compared in workers of their own, behind a queue. Whatever is verified takes the same work. */
import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { trace } from "@opentelemetry/api";
import { LRUCache } from "lru-cache";
import type { Metrics } from "../metrics.ts";
import type { Settings } from "../settings.ts";
import {
  type Comparison,
  candidatesOf,
  comparisonsOf,
  foreignComparisonsOf,
} from "./comparisons.ts";
import type { FieldError } from "./field-errors.ts";
import { openPolicy, type PasswordOwner, type PolicySettings } from "./password-policy.ts";
import {
  type Busy,
  type Conditions,
  openPasswordQueue,
  type PasswordQueue,
  type Place,
} from "./password-queue.ts";
import { PasswordThreads } from "./password-threads.ts";
import type { Task } from "./password-worker.js";
import {
  keepCostliest,
  OURS,
  readHash,
  type StoredHash,
  type StoredWork,
  schemeOf,
} from "./stored-hash.ts";

/** Whether a password matches a hash. */
export type Verified =
  | {
      is: "match";
      /**
       * Whether the hash should be renewed: it has a lower cost than today's, is not one of an NFC form, or is not
       * bcrypt.
       */
      outdated: boolean;
    }
  | { is: "mismatch" }
  | {
      /** The hash cannot be read, so no password matches it. */
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
  /** What {@link enter} would say now; undefined if there is a place. */
  busy(): Busy | undefined;
  /**
   * Does an act that a password is hashed or verified for, if there is a place for that in the queue. Otherwise the act
   * does not begin, and has cost nothing.
   */
  enter<Result>(password: string, act: (place: Place) => Promise<Result>): Promise<Result | Busy>;
  /**
   * Hashes a password that {@link errorOf} accepts, or that an old hash fits: one that is too long today is hashed again
   * by its first 72 bytes.
   * @param gone aborted when nobody waits for the hash any more; the work is then not begun
   * @param place what {@link enter} has given for it
   */
  hash(
    password: string,
    gone?: AbortSignal,
    place?: Place,
  ): Promise<{ is: "hashed"; hash: string } | Busy>;
  /**
   * Compares a password with a hash, as the maker of the hash would. The work depends on the password alone: without a
   * hash, with one that cannot be read or has another cost, and after a match it is the same, so that the response time
   * reveals nothing.
   * @param gone as for {@link hash}, and so is `place`
   */
  verify(
    password: string,
    hash: string | undefined,
    gone?: AbortSignal,
    place?: Place,
  ): Promise<Verified>;
  /** What waits for the workers, and whether they make progress. */
  queue: PasswordQueue["state"];
  /** Whether there are workers. If the last work failed, it tries. */
  canWork(): Promise<boolean>;
  close(): Promise<void>;
}

/** How many unreadable hashes are remembered as reported. */
const REPORTED = 10_000;

/** The cost of the hash that shows how fast this machine is. */
const MEASURED_COST = 9;

/**
 * Opens the workers. They are as many as work at the same time, and no more than the processors.
 * @param processes how many processes share the processors
 */
function openWorkers(processes: number, metrics: Metrics | undefined) {
  const threads = new PasswordThreads();
  const queue = openPasswordQueue(Math.max(1, Math.floor(availableParallelism() / processes)));
  // If a thread dies: the work has no effects, so it can be done again.
  const work = (task: Task) => threads.run(task).catch(() => threads.run(task));
  const enqueue = (task: Task, rounds: number, conditions: Conditions = {}) =>
    queue.run(rounds, () => work(task), conditions);
  const measure = async () => {
    // The first task waits until a worker has loaded bcrypt, so its time says nothing about the next ones.
    await threads.run({ do: "verify", comparisons: [] });
    await enqueue(
      { do: "hash", password: randomBytes(8), cost: MEASURED_COST },
      2 ** MEASURED_COST,
    );
  };
  // The service starts in the meantime. The queue has a length as soon as it knows how long a hash takes: if no thread can
  // start yet, after the first password.
  const measured = measure().catch(() => undefined);
  return {
    busy: queue.busy,
    /** @param roundsOf says how many rounds of bcrypt will be done, or as much other work: only if there is a place */
    async enter(roundsOf: () => number) {
      await measured;
      const place = queue.busy() ?? queue.enter(roundsOf());
      if (place.is === "busy") metrics?.password("busy", 0);
      return place;
    },
    /** @param rounds of bcrypt in the task, or as much other work */
    async run(task: Task, rounds: number, conditions: Conditions) {
      await measured;
      const startMs = performance.now();
      const done = await trace
        .getTracer("tegata")
        .startActiveSpan("password", (span) =>
          enqueue(task, rounds, conditions).finally(() => span.end()),
        );
      // A caller who hung up was not refused.
      if (!conditions.gone?.aborted)
        metrics?.password(done.is, (performance.now() - startMs) / 1000);
      return done;
    },
    queue: queue.state,
    canWork: () => threads.canWork(),
    async close() {
      queue.close();
      await measured;
      await threads.close();
    },
  };
}

/**
 * Opens the password service, with its own workers.
 * @param atStart the most work that a hash takes of those that there are already
 */
export function openPasswords(
  settings: Pick<Settings, "bcryptCost"> & Partial<Pick<Settings, "workers">> & PolicySettings,
  atStart: StoredWork,
  metrics?: Metrics,
): Passwords {
  const { bcryptCost } = settings;
  const workers = openWorkers(settings.workers ?? 1, metrics);
  /** The highest cost of any hash. Every password is compared with as much work as that, whatever its hash costs. */
  let highestCost = Math.max(bcryptCost, atStart.cost);
  /** The costliest recipe of each other scheme that any hash has. Every password is compared with each of them, too. */
  const costliest = new Map(atStart.recipes);

  const hash: Passwords["hash"] = async (password, gone, place) => {
    const [candidate] = candidatesOf(password);
    if (!candidate) throw new Error("this password cannot be hashed");
    const task = { do: "hash", password: candidate.bytes, cost: bcryptCost } as const;
    const hashed = await workers.run(task, 2 ** bcryptCost, { gone, place });
    if (hashed.is === "busy") return hashed;
    return { is: "hashed", hash: candidate.isOurs ? hashed.result + OURS : String(hashed.result) };
  };

  /** What a password is compared with. All of it is the same work, whatever is stored. */
  const comparisonsFor = (
    password: string,
    stored: StoredHash | undefined,
    candidates = candidatesOf(password),
  ): Comparison[] => [
    ...(candidates.length > 0 ? candidates : [undefined]).flatMap((candidate) =>
      comparisonsOf(candidate, stored, highestCost),
    ),
    ...foreignComparisonsOf(password, stored, costliest.values()),
  ];
  const roundsOf = (comparisons: readonly Comparison[]) =>
    comparisons.reduce((sum, { rounds }) => sum + rounds, 0);

  const compare = async (comparisons: readonly Comparison[], conditions: Conditions) => {
    const task: Task = {
      do: "verify",
      comparisons: comparisons.map(({ candidate, hash }) => ({
        password: candidate?.bytes ?? new Uint8Array(),
        hash,
      })),
    };
    const compared = await workers.run(task, roundsOf(comparisons), conditions);
    if (compared.is === "busy") return compared;
    const { result } = compared;
    const matching = comparisons.find(({ candidate }, i) => candidate && result[i] === true);
    return { is: "compared", match: matching?.candidate } as const;
  };

  const reported = new LRUCache<string, true>({ max: REPORTED });

  return {
    errorOf: openPolicy(settings),
    hash,
    busy: workers.busy,
    async enter(password, act) {
      const place = await workers.enter(() => roundsOf(comparisonsFor(password, undefined)));
      if (place.is === "busy") return place;
      return act(place).finally(place.leave);
    },
    async verify(password, hash, gone, place) {
      const stored = hash === undefined ? undefined : readHash(hash);
      if (stored?.is === "bcrypt") highestCost = Math.max(highestCost, stored.cost);
      if (stored?.is === "foreign") keepCostliest(costliest, stored.derived.recipe);
      const candidates = candidatesOf(password);
      const comparisons = comparisonsFor(password, stored, candidates);
      const compared = await compare(comparisons, { gone, place });
      if (compared.is === "busy") return compared;
      const { match } = compared;
      if (match && stored) {
        const [today] = candidates;
        // bcrypt would read less of a long password than the other scheme did: that hash stays.
        if (stored.is === "foreign") return { is: "match", outdated: today?.isOurs ?? false };
        // `hash` makes a new one from the first candidate.
        return { is: "match", outdated: match !== today || stored.cost < bcryptCost };
      }
      if (hash === undefined || stored) return { is: "mismatch" };
      const isNews = !reported.has(hash);
      reported.set(hash, true);
      return { is: "unreadable", scheme: schemeOf(hash), isNews };
    },
    queue: workers.queue,
    canWork: workers.canWork,
    close: workers.close,
  };
}
