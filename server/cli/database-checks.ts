/** What `tegata doctor` examines of the database. */
import { statSync } from "node:fs";
import { type DatabaseState, inspectDatabase } from "../../db/inspect.ts";
import { sqlitePath } from "../../db/sqlite-file.ts";
import { SECOND_MS } from "../durations.ts";
import { isLoopback } from "../loopback.ts";
import { reasonsOf } from "../reasons.ts";
import type { Settings } from "../settings.ts";
import { type Finding, found } from "./findings.ts";

/** How far the clock of the database may differ before somebody should look, in milliseconds. */
const MAX_SKEW_MS = 5 * SECOND_MS;

/** Whether others can access a file that should be private. */
export const isOpen = (path: string): boolean => (statSync(path).mode & 0o077) !== 0;

/** Examines the database. @param now the clock of this machine, in epoch milliseconds */
export async function checkDatabase(
  { databaseUrl }: Settings,
  now: () => number,
): Promise<Finding[]> {
  const startedAtMs = now();
  let state: DatabaseState;
  try {
    state = await inspectDatabase(databaseUrl);
  } catch (error) {
    return [found("database_unusable", reasonsOf(error))];
  }
  return [
    found("database_usable", `${state.name}, ${state.version}`),
    checkAccess(state, databaseUrl),
    checkTransport(state, databaseUrl),
    ...checkSession(state),
    // The clock of the database was read somewhere in between.
    checkClock(state.clockMs, startedAtMs, now()),
    checkMigrations(state),
    ...checkTables(state),
  ];
}

function checkAccess({ isReadOnly, writeError }: DatabaseState, databaseUrl: string): Finding {
  if (isReadOnly) return found("access_read_only", "it is read-only");
  if (writeError !== undefined) return found("access_refused", reasonsOf(writeError));
  if (!databaseUrl.startsWith("file:")) return found("access_granted", "it can be written");
  const path = sqlitePath(databaseUrl);
  return isOpen(path)
    ? found("access_open", "others can read the file", [path])
    : found("access_private", "only its owner can read and write the file");
}

function checkTransport({ transport, isVerified }: DatabaseState, databaseUrl: string): Finding {
  const isHere = URL.canParse(databaseUrl) && isLoopback(new URL(databaseUrl).hostname);
  if (isHere) return found("transport_private", `${transport}, on this machine`);
  if (transport === "plain text")
    return found("transport_unprotected", "passwords and hashes travel in plain text");
  return isVerified === false
    ? found("transport_unverified", `${transport}, but anybody's certificate is accepted`)
    : found("transport_private", transport);
}

function checkSession({ session }: DatabaseState): Finding[] {
  if (!session) return [];
  const text = `sql_mode ${session.mode || "empty"}, isolation ${session.isolation}`;
  return [
    session.isAsSet
      ? found("session_as_set", text)
      : found("session_changed", `${text}: not as Tegata has set them`),
  ];
}

function checkClock(clockMs: number | undefined, earliestMs: number, latestMs: number): Finding {
  if (clockMs === undefined)
    return found("clock_agrees", "the database uses the clock of this machine");
  const skewMs = Math.max(earliestMs - clockMs, clockMs - latestMs, 0);
  if (skewMs <= MAX_SKEW_MS) return found("clock_agrees", "it agrees with that of the database");
  const seconds = Math.round(skewMs / SECOND_MS);
  return found("clock_differs", `it differs from that of the database by ${seconds} seconds`);
}

function checkMigrations({ history }: DatabaseState): Finding {
  if (history.is === "interrupted") return found("migrations_interrupted", history.message);
  if (history.is === "pushed")
    return found(
      "migrations_pushed",
      "none: drizzle-kit push has created the tables, and keeps them up to date",
    );
  if (history.pending > 0) return found("migrations_pending", `${history.pending} are pending`);
  return history.unknown > 0
    ? found(
        "migrations_unknown",
        `${history.unknown} are not of this version: a newer one, or another program, has migrated the database`,
      )
    : found("migrations_done", "the database has seen all of them");
}

const checkTables = ({ isComplete }: DatabaseState): Finding[] =>
  isComplete
    ? []
    : [found("tables_incomplete", "a table or column that this version needs is missing")];
