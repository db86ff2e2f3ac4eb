/** When the database cannot be used at the moment, and the same request may succeed later. */
import { findCause } from "./driver-errors.ts";

/** The database did not answer in time, is down, or is locked. Nothing is wrong with the statement. */
export class DatabaseUnavailable extends Error {
  override readonly name = "DatabaseUnavailable";
}

/** Whether an error, or one of its causes, is a {@link DatabaseUnavailable}. */
export const isUnavailable = (error: unknown): boolean =>
  findCause(error, (cause) => cause instanceof DatabaseUnavailable) !== undefined;

/**
 * Waits for `work`, but not longer than `ms` milliseconds. The work itself goes on: end it if it must not.
 * @throws {DatabaseUnavailable} if it takes longer
 */
export function within<T>(ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const miss = () => reject(new DatabaseUnavailable(`no answer within ${ms / 1000} seconds`));
    const timer = setTimeout(miss, ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
