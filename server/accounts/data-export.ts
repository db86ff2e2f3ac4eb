/** What the service knows about a user, for the user. */
import type { User } from "../../db/users.ts";
import type { Tegata } from "../tegata.ts";
import { listLogins } from "./sessions.ts";

/** The most of the latest events that an export has. `events.list` has all of them. */
const MAX_EVENTS = 1000;
/** More than a user can have. */
const ALL_ITEMS = 2000;

/** Everything but secrets: the account, its active sessions, its consents, its items and the latest events. */
export async function exportData(tegata: Tegata, user: User) {
  const { db, now } = tegata;
  const nowMs = now();
  const [sessions, consents, items, events] = await Promise.all([
    listLogins(tegata, user.id),
    db.consents.list(user.id),
    db.items.list(user.id, { after: 0, limit: ALL_ITEMS }),
    db.events.list({ userId: user.id }, { limit: MAX_EVENTS }),
  ]);
  return { exportedAtMs: nowMs, account: user, sessions, consents, items, events };
}
