/** Errors of SQLite. */
import { findCause } from "./driver-errors.ts";
import { DatabaseUnavailable } from "./unavailable.ts";

/** What the file cannot do now: another process writes to it, or the disk is full, gone or read-only. */
const UNAVAILABLE_CODES: ReadonlySet<unknown> = new Set([
  "SQLITE_BUSY",
  "SQLITE_CANTOPEN",
  "SQLITE_FULL",
  "SQLITE_IOERR",
  "SQLITE_LOCKED",
  "SQLITE_READONLY",
]);

/** @returns a {@link DatabaseUnavailable} if the file cannot be used at the moment, or the error itself */
export const faultOf = (error: unknown): unknown =>
  findCause(error, ({ code }) => UNAVAILABLE_CODES.has(code))
    ? new DatabaseUnavailable("not available", { cause: error })
    : error;
