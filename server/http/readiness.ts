/** `/readyz`: whether the service can do its work, for load balancers and monitoring. */
import { within } from "../../db/unavailable.ts";
import type { Tegata } from "../tegata.ts";
import { NO_STORE, OUTAGE_SECONDS } from "./refusal.ts";
import type { Handler, Reply } from "./route.ts";

/** How long the database has to answer, in milliseconds. Monitoring seldom waits for more than 3 seconds. */
const DATABASE_MS = 2_000;
/** How long a result is used again, in milliseconds: nobody can load the database by asking often. */
const KEEP_MS = 1_000;

/** What can be wrong, with its sentence. */
const FAULTS = {
  database: "the database is not available",
  log: "the log cannot be written",
} as const;

/** Answers 200, or 503 with the names of the parts that do not work. */
export function readinessEndpoint({ db, isLogWritable }: Tegata): Handler {
  let current: Promise<Reply> | undefined;

  async function check(): Promise<Reply> {
    const hasDatabase = await within(DATABASE_MS, db.ping()).then(
      () => true,
      () => false,
    );
    const faults: (keyof typeof FAULTS)[] = [];
    if (!hasDatabase) faults.push("database");
    if (!isLogWritable()) faults.push("log");
    if (faults.length === 0) return { headers: NO_STORE, body: { status: "ok" } };
    return {
      status: 503,
      headers: { ...NO_STORE, "Retry-After": String(OUTAGE_SECONDS) },
      body: {
        title: "Service Unavailable",
        status: 503,
        detail: faults.map((fault) => FAULTS[fault]).join("; "),
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
