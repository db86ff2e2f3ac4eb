/** The procedures for a forgotten password. */
import { requestReset, resetPassword } from "../../accounts/password-reset.ts";
import { Refusal } from "../refusal.ts";
import { anyone, router } from "./base.ts";
import { ForgottenPassword, PasswordReset } from "./mail-schemas.ts";
import { passwordRefusal } from "./password-refusal.ts";
import { True } from "./schemas.ts";

export const passwordRouter = router({
  /** Sends a link to set a new password, if an account has the address. The answer does not tell. */
  forgot: anyone
    .meta({
      rest: "POST /api/password/forgot",
      summary: "Get a mail with a link to set a new password",
      as: "accepted",
      refusals: ["too_many_attempts", "no_mail"],
    })
    .input(ForgottenPassword)
    .output(True)
    .mutation(async ({ ctx, input: { email } }) => {
      const result = await requestReset(ctx.tegata, email, ctx.requester);
      if (result.is === "throttled") throw new Refusal("too_many_attempts", result);
      if (result.is === "no_mail") throw new Refusal(result.is);
      return true as const;
    }),

  /** Sets a new password with a link, and ends all sessions. */
  reset: anyone
    .meta({
      rest: "POST /api/password/reset",
      summary: "Set a new password with the link from a mail, and end all of your sessions",
      as: "reset",
      refusals: ["link_expired", "weak_password", "busy"],
    })
    .input(PasswordReset)
    .output(True)
    .mutation(async ({ ctx, input }) => {
      const result = await resetPassword(ctx.tegata, input, ctx.requester);
      switch (result.is) {
        case "reset":
          return true as const;
        case "link_expired":
          throw new Refusal(result.is);
        default:
          throw passwordRefusal(result);
      }
    }),
});
