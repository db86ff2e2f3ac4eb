/** What the service knows about a user, for the user. */
import type { Tegata } from "../tegata.ts";
import { findActiveUser } from "./active-user.ts";
import { listUserEvents } from "./events.ts";
import { listLogins } from "./sessions.ts";

/** The most of the latest events that an export has. `events.list` has all of them. */
const MAX_EVENTS = 1000;
/** More than a user can have. */
const ALL_ITEMS = 2000;

/**
 * Everything but secrets: the account, its active sessions, its consents, its items and the latest events.
 * @returns undefined if the account has been removed or disabled
 */
export async function exportData(tegata: Tegata, userId: number) {
  const { db, now } = tegata;
  const nowMs = now();
  const [account, sessions, consents, items, events] = await Promise.all([
    findActiveUser(tegata, userId),
    listLogins(tegata, userId),
    db.consents.list(userId),
    db.items.list(userId, { after: 0, limit: ALL_ITEMS }),
    listUserEvents(tegata, userId, { limit: MAX_EVENTS }),
  ]);
  return account && { exportedAtMs: nowMs, account, sessions, consents, items, events };
}
