/** The procedures about the caller's account. */
import { z } from "zod";
import { changePassword, register } from "../../accounts/accounts.ts";
import { anyone, signedIn } from "./base.ts";
import { Refusal } from "./refusal.ts";
import { Account, Me, PasswordChange, Registration } from "./shapes.ts";

/** They stand at the top of the router. */
export const accountProcedures = {
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
  me: signedIn("me")
    .output(Me)
    .query(({ ctx }) => ctx.user),

  /** Whether the caller is logged in; never an error, whatever token came. */
  isLoggedIn: anyone.output(z.boolean()).query(({ ctx }) => ctx.caller.is === "user"),

  /** Changes the password of the caller, and ends their other sessions. */
  changePassword: signedIn("me")
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
  logout: signedIn("me")
    .output(z.boolean())
    .mutation(({ ctx }) => ctx.tegata.db.sessions.revoke(ctx.sessionId, ctx.tegata.now())),
};
