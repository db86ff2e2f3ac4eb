/** The servers that the service needs, when it starts before them: after a power cut, everything starts at once. */
import { mayComeUp } from "../db/unavailable.ts";
import { MINUTE_MS, SECOND_MS } from "./durations.ts";
import type { Log } from "./log.ts";
import { reasonsOf } from "./reasons.ts";

/** How long the start waits for a server, in milliseconds. */
const PATIENCE_MS = MINUTE_MS;
/** How long it waits between two attempts, in milliseconds. */
const RETRY_MS = 500;
/** How often the log says so, in milliseconds. */
const LOG_EVERY_MS = 5 * SECOND_MS;

/**
 * Opens a connection, and tries again for a minute while its server cannot be reached. The log says what it waits for.
 * @throws what `open` throws: at once if waiting cannot help, such as for an incorrect password
 */
export async function openPatiently<T>(open: () => Promise<T>, log: Log): Promise<T> {
  const startMs = performance.now();
  let nextLogMs = startMs;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      const nowMs = performance.now();
      if (!mayComeUp(error) || nowMs - startMs > PATIENCE_MS) throw error;
      if (nowMs >= nextLogMs) {
        nextLogMs = nowMs + LOG_EVERY_MS;
        log.warn({ reason: reasonsOf(error) }, "waiting for a server before the start");
      }
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}
