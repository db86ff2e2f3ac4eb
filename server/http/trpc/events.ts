/** The procedure about the caller's part of the audit log. */
import { listUserEvents } from "../../accounts/events.ts";
import { inOwnApp, router } from "./base.ts";
import { pageOf } from "./page-of.ts";
import { EventPage, Events } from "./schemas.ts";

export const eventsRouter = router({
  /** A page of what happened to the caller's account, the newest first. */
  list: inOwnApp
    .meta({ rest: "GET /api/events", summary: "List what happened to your account, newest first" })
    .input(EventPage.prefault({}))
    .output(Events)
    .query(async ({ ctx: { tegata, user }, input: { before, limit } }) => {
      const rows = await listUserEvents(tegata, user.id, { before, limit: limit + 1 });
      const { page, next } = pageOf(rows, limit);
      return { events: page, next };
    }),
});
