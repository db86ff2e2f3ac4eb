/** `/readyz`: whether the service can do its work, for load balancers and monitoring. */
import { within } from "../../db/unavailable.ts";
import type { Tegata } from "../tegata.ts";
import { NO_STORE, OUTAGE_SECONDS } from "./refusal.ts";
import type { Handler, Reply } from "./route.ts";

/** How long the database has to answer, in milliseconds. Monitoring seldom waits for more than 3 seconds. */
const DATABASE_MS = 2_000;
/** How long a result is used again, in milliseconds: nobody can load the database by asking often. */
const KEEP_MS = 1_000;

/** How long a password may be with a worker until the workers count as stuck, in milliseconds. It takes seconds at most. */
const STUCK_MS = 30_000;
/** How long a worker may take to start, in milliseconds. It is waited for only if the last work failed. */
const WORKERS_MS = 2_000;

/** What can be wrong, with its sentence. */
const FAULTS = {
  database: "the database is not available",
  migrations: "the database lacks a table or column that this version needs",
  queue: "the password workers make no progress, or cannot start",
  log: "the log cannot be written",
} as const;

/**
 * What is full at the moment. If an instance left the load balancer because of that, it would only fill the others (decision
 * 052).
 */
const WARNINGS = {
  passwords: "the queue of passwords is full: logins are refused for some seconds",
  mail: "the queue of mails is full: mails are dropped",
} as const;

/** Answers 200, or 503 with the names of the parts that do not work. */
export function readinessEndpoint({ db, passwords, mail, isLogWritable }: Tegata): Handler {
  let current: Promise<Reply> | undefined;

  /** Nothing, if nothing is full. */
  function whatIsFull() {
    const warnings: (keyof typeof WARNINGS)[] = [];
    if (passwords.busy()) warnings.push("passwords");
    if (mail.isFull()) warnings.push("mail");
    return warnings.length > 0 && { detail: sentencesOf(WARNINGS, warnings), warnings };
  }

  async function check(): Promise<Reply> {
    const [database, canHash] = await Promise.all([
      within(DATABASE_MS, db.inspect()).catch(() => "unavailable" as const),
      within(WORKERS_MS, passwords.canWork()).catch(() => false),
    ]);
    const faults: (keyof typeof FAULTS)[] = [];
    if (database === "unavailable") faults.push("database");
    if (database === "outdated") faults.push("migrations");
    if (passwords.queue().runningMs > STUCK_MS || !canHash) faults.push("queue");
    if (!isLogWritable()) faults.push("log");
    if (faults.length === 0) return { headers: NO_STORE, body: { status: "ok", ...whatIsFull() } };
    return {
      status: 503,
      headers: { ...NO_STORE, "Retry-After": String(OUTAGE_SECONDS) },
      body: {
        title: "Service Unavailable",
        status: 503,
        detail: sentencesOf(FAULTS, faults),
        faults,
      },
    };
  }

  return function ready() {
    if (current) return current;
    current = check().finally(() => {
      setTimeout(() => {
        current = undefined;
      }, KEEP_MS).unref();
    });
    return current;
  };
}

const sentencesOf = <Name extends string>(sentences: Record<Name, string>, names: Name[]) =>
  names.map((name) => sentences[name]).join("; ");
