/** When the database cannot be used at the moment, and the same request may succeed later. */
import { findCause } from "./driver-errors.ts";

/** How long a caller waits for a statement: for its turn, for a connection and for the answer, in milliseconds. */
export const DEADLINE_MS = 5_000;
/** What a statement needs of that at least, in milliseconds: with less, it is not begun. */
export const LEAST_MS = 1_000;

/** The database did not answer in time, is down, or is locked. Nothing is wrong with the statement. */
export class DatabaseUnavailable extends Error {
  override readonly name = "DatabaseUnavailable";
}

/** Whether an error, or one of its causes, is a {@link DatabaseUnavailable}. */
export const isUnavailable = (error: unknown): boolean =>
  findCause(error, (cause) => cause instanceof DatabaseUnavailable) !== undefined;

/** Errors of a server that has not started yet, of its name, and of the way to it. */
const NOT_YET: ReadonlySet<unknown> = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOENT",
  "ENOTFOUND",
  "EPIPE",
  "ER_CON_COUNT_ERROR",
  "ER_SERVER_SHUTDOWN",
  "ER_TOO_MANY_USER_CONNECTIONS",
  "ETIMEDOUT",
  "PROTOCOL_CONNECTION_LOST",
]);

/** Whether a server that could not be reached may only have to start. Nothing is wrong with its answer: there is none. */
export function mayComeUp(error: unknown): boolean {
  const code = findCause(error, (cause) => typeof cause.code === "string")?.code;
  return code === undefined ? isUnavailable(error) : NOT_YET.has(code);
}

/**
 * Waits for `work`, but not longer than `ms` milliseconds. The work itself goes on: end it if it must not.
 * @throws {DatabaseUnavailable} if it takes longer
 */
export function within<T>(ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const miss = () => reject(new DatabaseUnavailable(`no answer within ${ms / 1000} seconds`));
    const timer = setTimeout(miss, ms);
    // Not by `finally`: that makes two more promises, and every statement comes through here.
    work.then(
      (result) => {
        clearTimeout(timer);
        resolve(result);
      },
      (error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
