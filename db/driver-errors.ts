/** What both drivers need to recognize an error and to retry a statement. */
import { setTimeout } from "node:timers/promises";

/** An error of either driver. */
export interface DriverError extends Error {
  code?: unknown;
  extendedCode?: unknown;
}

/**
 * Finds the driver's own error, which Drizzle wraps: follows `cause` from an error to the first one that matches.
 * @returns undefined if none matches.
 */
export function findCause(
  error: unknown,
  matches: (cause: DriverError) => boolean,
): DriverError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (matches(cause)) return cause;
  }
  return undefined;
}

/** When no further try begins, in milliseconds after the first: each of them may wait two seconds for a lock. */
const LAST_TRY_MS = 2_500;

/**
 * Makes a function that runs a statement up to `tries` times, 50 to 100 ms apart, as long as `isAborted` matches its
 * error and less than {@link LAST_TRY_MS} have passed. Both engines roll back an aborted statement completely, so it is safe
 * to run it again.
 */
export function retrying(tries: number, isAborted: (cause: DriverError) => boolean) {
  return async <T>(statement: () => PromiseLike<T>): Promise<T> => {
    const startMs = performance.now();
    for (let left = tries; ; left -= 1) {
      try {
        return await statement();
      } catch (error) {
        const isLast = left === 1 || performance.now() - startMs > LAST_TRY_MS;
        if (isLast || !findCause(error, isAborted)) throw error;
        await setTimeout(50 + Math.random() * 50);
      }
    }
  };
}
