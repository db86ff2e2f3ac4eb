/** The queue of mails: bounded, a few at a time, each with up to three tries. */
import { setImmediate, setTimeout } from "node:timers/promises";

/** Work that waits in the background. */
export interface MailQueue {
  /**
   * Adds work, which begins after the current request has been answered. It must not reject.
   * @param attempt resolves to whether the work is over; otherwise it is tried again, unless it was the last try
   * @returns whether there was room
   */
  add(attempt: (isLast: boolean) => Promise<boolean>): boolean;
  /** How many mails wait, or are being sent. */
  waiting(): number;
  /** Whether there is no room for more. */
  isFull(): boolean;
  /**
   * Tries all that waits at once, and waits for it.
   * @param untilMs until when, on the clock of `performance.now()`; some seconds by default
   * @returns how much is left
   */
  close(untilMs?: number): Promise<number>;
}

/** How much may wait. */
const MAX_WAITING = 200;
/** How much is done at the same time. */
const SENDERS = 4;
/** The pause before each try. */
const PAUSES_MS = [0, 1_000, 30_000];
/** How long the end waits if nobody says until when. */
const END_MS = 8_000;

/** Opens a queue. @param pause waits for milliseconds, or until the signal is aborted */
export function openMailQueue(
  pause: (ms: number, signal: AbortSignal) => Promise<unknown> = wait,
): MailQueue {
  const closing = new AbortController();
  const jobs = new Set<Promise<void>>();
  const turns: (() => void)[] = [];
  let busy = 0;

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (busy < SENDERS) busy += 1;
    else await new Promise<void>((begin) => turns.push(begin));
    try {
      return await work();
    } finally {
      const next = turns.shift();
      if (next) next();
      else busy -= 1;
    }
  }

  async function run(attempt: Parameters<MailQueue["add"]>[0]): Promise<void> {
    await setImmediate();
    for (const [tried, pauseMs] of PAUSES_MS.entries()) {
      if (pauseMs > 0) await pause(pauseMs, closing.signal);
      if (await inTurn(() => attempt(tried === PAUSES_MS.length - 1))) return;
    }
  }

  const isFull = () => jobs.size >= MAX_WAITING;

  return {
    add(attempt) {
      if (isFull() || closing.signal.aborted) return false;
      const job: Promise<void> = run(attempt).finally(() => jobs.delete(job));
      jobs.add(job);
      return true;
    },
    waiting: () => jobs.size,
    isFull,
    async close(untilMs = performance.now() + END_MS) {
      closing.abort();
      const ms = Math.max(0, untilMs - performance.now());
      await Promise.race([Promise.all(jobs), setTimeout(ms, undefined, { ref: false })]);
      return jobs.size;
    },
  };
}

const wait = (ms: number, signal: AbortSignal) =>
  // It is aborted when the process ends: then the pause is over.
  setTimeout(ms, undefined, { signal }).catch(() => undefined);
