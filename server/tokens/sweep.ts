/** Deletes sessions that are over, with their refresh tokens: a few at a time, so that nothing else has to wait. */
import { HASH_LIMIT } from "../../db/refresh-tokens.ts";
import { OVER_LIMIT } from "../../db/sessions.ts";
import { DAY_MS, MINUTE_MS } from "../durations.ts";
import { NEXT_SWEEP_MS, pause } from "../sweeper.ts";
import type { Tegata } from "../tegata.ts";

/** How long a session is kept after its end: requests that found it active are done by then, on every instance. */
const KEPT_MS = 10 * MINUTE_MS;
/** The pause between two batches. */
const PAUSE_MS = 100;

type Parts = Pick<Tegata, "db" | "log" | "now">;

/**
 * Deletes the sessions that are over. It leaves the rest to another instance that is doing the same.
 *
 * Sessions are swept soon after their end. If many ended more than a day ago, either the service did not run, or the
 * clock is wrong and they are not over: at most a quarter of all sessions is then deleted in a day.
 * @returns when to sweep again, in milliseconds
 */
export async function sweepSessions(parts: Parts, signal: AbortSignal): Promise<number> {
  const { db, log, now } = parts;
  let oldLeft: number | undefined;
  while (!signal.aborted) {
    const batch = await db.sessions.listOver(now(), KEPT_MS);
    const dayAgoMs = now() - DAY_MS;
    const old = batch.filter(({ expiresAtMs }) => expiresAtMs < dayAgoMs).length;
    if (old > 0) oldLeft ??= Math.ceil((await db.sessions.count()) / 4);
    // The old ones come first.
    const due = oldLeft !== undefined && old > oldLeft ? batch.slice(0, oldLeft) : batch;
    if (due.length > 0 && !(await remove(parts, due, signal))) return NEXT_SWEEP_MS;
    if (due.length < batch.length) {
      log.warn(
        "more than a quarter of all sessions ended more than a day ago and are still there: check the clock",
      );
      return DAY_MS;
    }
    if (batch.length < OVER_LIMIT) return NEXT_SWEEP_MS;
    if (oldLeft !== undefined) oldLeft -= old;
    await pause(PAUSE_MS, signal);
  }
  return NEXT_SWEEP_MS;
}

/** Deletes sessions. @returns whether all of them were still there: if not, another instance sweeps */
async function remove(
  { db, now }: Parts,
  sessions: readonly { id: string }[],
  signal: AbortSignal,
): Promise<boolean> {
  const ids = sessions.map(({ id }) => id);
  // A session of version 0.1 may have any number of tokens.
  for (;;) {
    const hashes = await db.refreshTokens.listOfSessions(ids);
    if (hashes.length < HASH_LIMIT) return (await db.sessions.remove(ids)) === ids.length;
    // Whatever a clock says later, nobody finds some of its tokens and misses others.
    await db.sessions.seal(ids, now());
    await db.refreshTokens.remove(hashes);
    await pause(PAUSE_MS, signal);
    if (signal.aborted) return false;
  }
}
