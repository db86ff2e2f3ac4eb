/** Counting attempts, by rules that say how long to wait for the next one. */
import { LRUCache } from "lru-cache";
import type { Counter, Counters } from "../../db/throttles.ts";
import { DatabaseUnavailable } from "../../db/unavailable.ts";
import { HOUR_MS, SECOND_MS } from "../durations.ts";
import { turns } from "./turns.ts";

/** Too many attempts. Try again after this many seconds, 1 to 3600. */
export interface Throttled {
  is: "throttled";
  retryAfterSeconds: number;
}

/** How a counter changes with an attempt. */
export interface Rule {
  count(counter: Counter | undefined, nowMs: number): Counter;
  /** The counter without one of its attempts, when later attempts have been counted too. */
  uncount(counter: Counter): Counter;
}

/** A counter that was changed by an attempt. */
export interface Counted {
  hash: string;
  rule: Rule;
  before: Counter | undefined;
  after: Counter;
}

/** What a counter probably is: undefined stands for none. */
interface Expected {
  counter: Counter | undefined;
}

/**
 * How many counters a process remembers that are blocked, and how many that it has looked up: more than there can be
 * attempts in the second for which it uses them.
 */
const REMEMBERED = 10_000;
/** How long it does not look them up again. Another process may have changed them. */
const RECHECK_MS = SECOND_MS;
/** How often a counter may change between reading and writing it, before it counts as unavailable. */
const TRIES = 20;

/**
 * Counts attempts. A memory in front of the stored counters keeps floods away from the database.
 * @param now epoch milliseconds
 */
export function openCounting(counters: Counters, now: () => number) {
  const inTurn = turns();
  const blocked = new LRUCache<string, { untilMs: number; seenAtMs: number }>({ max: REMEMBERED });
  const found = new LRUCache<string, { counter: Counter | undefined; seenAtMs: number }>({
    max: REMEMBERED,
  });
  /** The clock may have been set back. */
  const isFresh = ({ seenAtMs }: { seenAtMs: number }) =>
    seenAtMs <= now() && now() < seenAtMs + RECHECK_MS;

  /** Whether this process knows that no attempt is admitted yet. */
  function isBlocked(hash: string): Throttled | undefined {
    const seen = blocked.get(hash);
    const nowMs = now();
    return seen && isFresh(seen) && seen.untilMs > nowMs
      ? throttled(seen.untilMs, nowMs)
      : undefined;
  }

  function block(hash: string, untilMs: number): void {
    const nowMs = now();
    if (untilMs > nowMs) blocked.set(hash, { untilMs, seenAtMs: nowMs });
  }

  /**
   * Changes a counter. `next` returns undefined to delete it, and `stored` itself to leave it.
   * @param expected what it probably is: then it is not read first
   */
  async function change(
    hash: string,
    next: (stored: Counter | undefined) => Counter | undefined,
    expected?: Expected,
  ): Promise<void> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const stored = expected && tries === 0 ? expected.counter : await counters.find(hash);
      const replacement = next(stored);
      if (replacement === stored) return;
      if (await counters.replace(hash, stored, replacement, now())) return;
    }
    throw new DatabaseUnavailable("a throttle changes too often");
  }

  async function countNow(hash: string, rule: Rule): Promise<Counted | Throttled> {
    let result: Counted | Throttled | undefined;
    await change(hash, (stored) => {
      const nowMs = now();
      const before = currentOf(stored, nowMs);
      if (before && before.blockedUntilMs > nowMs) {
        block(hash, before.blockedUntilMs);
        result = throttled(before.blockedUntilMs, nowMs);
        return stored;
      }
      const after = rule.count(before, nowMs);
      result = { hash, rule, before, after };
      return after;
    });
    if (!result) throw new Error("an attempt was neither counted nor refused");
    if ("after" in result) block(hash, result.after.blockedUntilMs);
    return result;
  }

  return {
    isBlocked,
    /** Counts an attempt, unless none is admitted now. */
    count: (hash: string, rule: Rule): Promise<Counted | Throttled> =>
      inTurn(hash, async () => isBlocked(hash) ?? countNow(hash, rule)),
    /** Takes back an attempt that was counted. */
    uncount: ({ hash, rule, before, after }: Counted): Promise<void> =>
      inTurn(hash, async () => {
        const next = (stored: Counter | undefined) => {
          if (!stored) return stored;
          return isSame(stored, after) ? before : rule.uncount(stored);
        };
        await change(hash, next, { counter: after });
        blocked.delete(hash);
      }),
    /** A counter that has not expired. Whether there is one makes no difference to the work. */
    async find(hash: string): Promise<Counter | undefined> {
      const seen = found.get(hash);
      if (seen && isFresh(seen)) return currentOf(seen.counter, now());
      const counter = await counters.find(hash);
      found.set(hash, { counter, seenAtMs: now() });
      return currentOf(counter, now());
    },
    /** Sets a counter, or deletes it. @param expected what it probably is */
    set: (hash: string, counter: Counter | undefined, expected?: Expected): Promise<void> =>
      inTurn(hash, async () => {
        await change(hash, () => counter, expected);
        blocked.delete(hash);
        found.delete(hash);
      }),
  };
}

/** A counter, unless it has expired, or was written by a clock that was far ahead. */
function currentOf(counter: Counter | undefined, nowMs: number): Counter | undefined {
  if (!counter || counter.expiresAtMs <= nowMs) return undefined;
  // No rule makes anyone wait longer than an hour.
  return counter.blockedUntilMs > nowMs + HOUR_MS ? undefined : counter;
}

function throttled(untilMs: number, nowMs: number): Throttled {
  const seconds = Math.ceil((untilMs - nowMs) / SECOND_MS);
  return { is: "throttled", retryAfterSeconds: Math.min(Math.max(seconds, 1), 3600) };
}

const isSame = (one: Counter, other: Counter): boolean =>
  one.attempts === other.attempts &&
  one.blockedUntilMs === other.blockedUntilMs &&
  one.expiresAtMs === other.expiresAtMs;
