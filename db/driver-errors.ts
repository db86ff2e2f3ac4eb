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

/**
 * Makes a function that runs a statement up to `tries` times, 50 to 100 ms apart, as long as `isAborted` matches its
 * error. Both engines roll back an aborted statement completely, so it is safe to run it again.
 */
export function retrying(tries: number, isAborted: (cause: DriverError) => boolean) {
  return async <T>(statement: () => PromiseLike<T>): Promise<T> => {
    for (let left = tries; ; left -= 1) {
      try {
        return await statement();
      } catch (error) {
        if (left === 1 || !findCause(error, isAborted)) throw error;
        await setTimeout(50 + Math.random() * 50);
      }
    }
  };
}
