/** The procedures about the caller's sessions. */
import { z } from "zod";
import { appsOf, listLogins } from "../../accounts/sessions.ts";
import { endSessions } from "../../tokens/sessions.ts";
import { inOwnApp, router } from "./base.ts";
import { Session, SessionId } from "./schemas.ts";

export const sessionsRouter = router({
  /** Where the caller is logged in, most recently used first; a browser with the apps that it has opened. */
  list: inOwnApp
    .meta({ rest: "GET /api/sessions", summary: "List your sessions, the last used first" })
    .output(z.array(Session))
    .query(async ({ ctx: { tegata, user, sessionIds } }) => {
      const logins = await listLogins(tegata, user.id);
      return logins.map((login) => ({
        ...login,
        apps: appsOf(login),
        current: sessionIds.includes(login.id),
      }));
    }),

  /** Ends one session of the caller. Returns whether it was active. */
  revoke: inOwnApp
    .meta({ rest: "DELETE /api/sessions/{id}", summary: "End one of your sessions", as: "ended" })
    .input(SessionId)
    .output(z.boolean().meta({ example: true }))
    .mutation(async ({ ctx: { tegata, user, requester }, input: { id } }) => {
      const which = { id, userId: user.id };
      return (await endSessions(tegata, which, "ended_by_user", requester)) === 1;
    }),

  /** Ends all sessions of the caller except this one. Returns how many. */
  revokeOthers: inOwnApp
    .meta({
      rest: "POST /api/sessions/end-others",
      summary: "End all of your sessions except this one",
      as: "ended",
    })
    .output(z.int().meta({ example: 2 }))
    .mutation(({ ctx: { tegata, user, sessionIds, requester } }) => {
      const others = { userId: user.id, exceptIds: sessionIds };
      return endSessions(tegata, others, "ended_by_user", requester);
    }),
});
