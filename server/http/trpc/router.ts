/** The typed procedures. */
import { z } from "zod";
import { changePassword, register } from "../../accounts/accounts.ts";
import { Email, FullName, Username } from "../../accounts/identity.ts";
import { anyone, router, signedIn } from "./base.ts";
import { Refusal } from "./refusal.ts";

const Registration = z.strictObject({
  email: Email,
  password: z.string(),
  username: Username.optional(),
  fullName: FullName.optional(),
});
const Account = z.object({
  id: z.int(),
  email: z.string(),
  username: z.string().nullable(),
  fullName: z.string().nullable(),
});
const PasswordChange = z.strictObject({ currentPassword: z.string(), newPassword: z.string() });
const Session = z.object({
  id: z.string(),
  clientId: z.string(),
  /** What the browser or program called itself when it logged in. */
  userAgent: z.string().nullable(),
  /** Epoch milliseconds. */
  createdAtMs: z.number(),
  /** Epoch milliseconds: the log-in, or the last time that the tokens were refreshed. */
  lastUsedAtMs: z.number(),
  /** Whether it is the session of this call. */
  current: z.boolean(),
});
const Me = Account.extend({ disabled: z.boolean() });

export const appRouter = router({
  /** Makes an account. */
  register: anyone
    .input(Registration)
    .output(Account)
    .mutation(async ({ ctx, input }) => {
      const result = await register(ctx.tegata, input);
      switch (result.is) {
        case "registered":
          return result.user;
        case "taken":
          throw new Refusal(`${result.column}_taken`).asTRPCError();
        case "weak_password":
          throw Refusal.ofFields(result.is, { password: result.problem }).asTRPCError();
        case "busy":
          throw new Refusal(result.is, undefined, result).asTRPCError();
      }
    }),

  /** The account of the caller. */
  me: signedIn.output(Me).query(({ ctx }) => ctx.user),

  /** Whether the caller is logged in; never an error, whatever token came. */
  isLoggedIn: anyone.output(z.boolean()).query(({ ctx }) => ctx.caller.is === "user"),

  /** Changes the password of the caller, and ends their other sessions. */
  changePassword: signedIn
    .input(PasswordChange)
    .output(z.literal(true))
    .mutation(async ({ ctx, input }) => {
      const change = { ...input, keptSessionId: ctx.sessionId };
      const result = await changePassword(ctx.tegata, ctx.user, change);
      switch (result.is) {
        case "changed":
          return true as const;
        case "wrong_password":
          throw Refusal.ofFields(result.is, { currentPassword: "is another" }).asTRPCError();
        case "weak_password":
          throw Refusal.ofFields(result.is, { newPassword: result.problem }).asTRPCError();
        case "busy":
          throw new Refusal(result.is, undefined, result).asTRPCError();
      }
    }),

  /** Ends the session of the caller, and with it the tokens of that session. Answers whether it was this call. */
  logout: signedIn
    .output(z.boolean())
    .mutation(({ ctx }) => ctx.tegata.db.sessions.revoke(ctx.sessionId, ctx.tegata.now())),

  sessions: router({
    /** The living sessions of the caller, the last used first. */
    list: signedIn.output(z.array(Session)).query(async ({ ctx }) => {
      const sessions = await ctx.tegata.db.sessions.list(ctx.user.id, ctx.tegata.now());
      return sessions.map((session) => ({ ...session, current: session.id === ctx.sessionId }));
    }),

    /** Ends one session of the caller. Answers whether there was one. */
    revoke: signedIn
      .input(z.strictObject({ id: z.string().max(22) }))
      .output(z.boolean())
      .mutation(({ ctx: { tegata, user }, input }) =>
        tegata.db.sessions.revokeOf(user.id, input.id, tegata.now()),
      ),

    /** Ends all sessions of the caller but this one. Answers how many. */
    revokeOthers: signedIn
      .output(z.int())
      .mutation(({ ctx: { tegata, user, sessionId } }) =>
        tegata.db.sessions.revokeOthers(user.id, sessionId, tegata.now()),
      ),
  }),
});

/** The type of everything under `/trpc`: what a typed client imports, and all that it imports. */
export type AppRouter = typeof appRouter;
