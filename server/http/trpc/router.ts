/** The typed procedures. */
import { z } from "zod";
import { register } from "../../accounts/accounts.ts";
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

  /** Ends the session of the caller, and with it the tokens of that session. Answers whether it was this call. */
  logout: signedIn
    .output(z.boolean())
    .mutation(({ ctx: { tegata, sessionId } }) =>
      tegata.db.sessions.revoke(sessionId, tegata.now()),
    ),
});

/** The type of everything under `/trpc`: what a typed client imports, and all that it imports. */
export type AppRouter = typeof appRouter;
