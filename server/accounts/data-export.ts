/** What the service knows about a user, for the user. */
import type { User } from "../../db/users.ts";
import type { Tegata } from "../tegata.ts";

/** The most of the latest events that an export has. `events.list` has all of them. */
const MAX_EVENTS = 1000;
/** More than a user can have. */
const ALL_ITEMS = 2000;

/** Everything but secrets: the account, its active sessions, its items and the latest events. */
export async function exportData({ db, now }: Tegata, user: User) {
  const nowMs = now();
  const [sessions, items, events] = await Promise.all([
    db.sessions.list(user.id, nowMs),
    db.items.list(user.id, { after: 0, limit: ALL_ITEMS }),
    db.events.list({ userId: user.id }, { limit: MAX_EVENTS }),
  ]);
  return { exportedAtMs: nowMs, account: user, sessions, items, events };
}
