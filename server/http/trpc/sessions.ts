/** The procedures about the caller's sessions. */
import { z } from "zod";
import { endSessions } from "../../tokens/sessions.ts";
import { router, signedIn } from "./base.ts";
import { Session, SessionId } from "./schemas.ts";

export const sessionsRouter = router({
  /** Where the caller is logged in, most recently used first: what a browser has opened is part of its session. */
  list: signedIn("me")
    .meta({ rest: "GET /api/sessions", summary: "List your sessions, the last used first" })
    .output(z.array(Session))
    .query(async ({ ctx: { tegata, user, sessionIds } }) => {
      const sessions = await tegata.db.sessions.list(user.id, tegata.now());
      return sessions.map((session) => ({ ...session, current: sessionIds.includes(session.id) }));
    }),

  /** Ends one session of the caller. Returns whether it was active. */
  revoke: signedIn("me")
    .meta({ rest: "DELETE /api/sessions/{id}", summary: "End one of your sessions", as: "ended" })
    .input(SessionId)
    .output(z.boolean().meta({ example: true }))
    .mutation(async ({ ctx: { tegata, user, requester }, input: { id } }) => {
      const which = { id, userId: user.id };
      return (await endSessions(tegata, which, "ended_by_user", requester)) === 1;
    }),

  /** Ends all sessions of the caller except this one. Returns how many. */
  revokeOthers: signedIn("me")
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
