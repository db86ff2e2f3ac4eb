/** Deletes rows that are over: soon after the start, then repeatedly until the service stops. */
import { MINUTE_MS } from "./durations.ts";
import type { Log } from "./log.ts";

/** How long after the start the first sweep begins, at most: an instance that is often restarted sweeps too. */
const FIRST_SWEEP_MS = MINUTE_MS;
/** How long after a sweep the next one usually begins. */
export const NEXT_SWEEP_MS = 10 * MINUTE_MS;

/**
 * Deletes rows in small batches, so that nothing else has to wait.
 * @param stopped aborted when it must not begin another batch
 * @returns when to sweep again, in milliseconds
 */
export type Sweep = (stopped: AbortSignal) => Promise<number>;

/** What sweeps repeatedly. */
export interface Sweeper {
  /** Waits until the batches that are being deleted are done, and starts no other. */
  stop(): Promise<void>;
}

/** Runs each of the sweeps repeatedly, until it is stopped. */
export function startSweeper(log: Log, sweeps: readonly Sweep[]): Sweeper {
  const stopping = new AbortController();
  const { signal } = stopping;
  const ended = Promise.all(
    sweeps.map(async (sweep) => {
      // Instances that start together do not sweep together.
      let waitMs = Math.random() * FIRST_SWEEP_MS;
      for (;;) {
        await pause(waitMs, signal);
        if (signal.aborted) return;
        waitMs = await sweep(signal).catch((err: unknown) => {
          log.error({ err }, "could not delete rows that are over");
          return NEXT_SWEEP_MS;
        });
      }
    }),
  );
  return {
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}

/** Waits, unless the signal is given first. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms).unref();
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}
