/** The procedures about the caller's sessions. */
import { z } from "zod";
import { router, signedIn } from "./base.ts";
import { Session, SessionId } from "./shapes.ts";

export const sessionsRouter = router({
  /** The living sessions of the caller, the last used first. */
  list: signedIn("me")
    .output(z.array(Session))
    .query(async ({ ctx }) => {
      const sessions = await ctx.tegata.db.sessions.list(ctx.user.id, ctx.tegata.now());
      return sessions.map((session) => ({ ...session, current: session.id === ctx.sessionId }));
    }),

  /** Ends one session of the caller. Answers whether there was one. */
  revoke: signedIn("me")
    .input(SessionId)
    .output(z.boolean())
    .mutation(({ ctx: { tegata, user }, input }) =>
      tegata.db.sessions.revokeOf(user.id, input.id, tegata.now()),
    ),

  /** Ends all sessions of the caller but this one. Answers how many. */
  revokeOthers: signedIn("me")
    .output(z.int())
    .mutation(({ ctx: { tegata, user, sessionId } }) =>
      tegata.db.sessions.revokeOthers(user.id, sessionId, tegata.now()),
    ),
});
