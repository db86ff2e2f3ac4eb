/** The procedures about the caller's email address. */
import {
  confirmEmailChange,
  type EmailChanged,
  requestEmailChange,
  takeBackEmail,
} from "../../accounts/email-change.ts";
import { verifyEmail, verifyEmailWithPassword } from "../../accounts/email-verification.ts";
import { fieldError } from "../../accounts/field-errors.ts";
import { sendVerification } from "../../accounts/verification-link.ts";
import { Refusal } from "../refusal.ts";
import { anyone, inOwnApp, router } from "./base.ts";
import { EmailAddress, EmailChange, Link, LinkWithPassword } from "./mail-schemas.ts";
import { passwordRefusal } from "./password-refusal.ts";
import { True } from "./schemas.ts";

function changed(result: EmailChanged) {
  switch (result.is) {
    case "changed":
      return { email: result.email };
    case "taken":
      throw new Refusal("email_taken");
    case "link_expired":
      throw new Refusal(result.is);
  }
}

export const emailRouter = router({
  /** Sends a link that proves the address of the caller, unless it is proved already. */
  sendVerification: inOwnApp
    .meta({
      rest: "POST /api/email/verification",
      summary: "Get a mail with a link that confirms your email address",
      as: "sent",
      refusals: ["too_many_attempts", "no_mail"],
    })
    .output(True)
    .mutation(async ({ ctx }) => {
      const result = await sendVerification(ctx.tegata, ctx.user, ctx.requester);
      if (result.is === "throttled") throw new Refusal("too_many_attempts", result);
      if (result.is === "no_mail") throw new Refusal(result.is);
      return true as const;
    }),

  /** Proves the address of the caller with a link. */
  verify: inOwnApp
    .meta({
      rest: "POST /api/email/verify",
      summary: "Confirm your email address with the link from a mail",
      as: "verified",
      refusals: ["link_expired", "other_account"],
    })
    .input(Link)
    .output(True)
    .mutation(async ({ ctx, input: { token } }) => {
      const result = await verifyEmail(ctx.tegata, ctx.user, token, ctx.requester);
      if (result.is === "verified") return true as const;
      throw new Refusal(result.is);
    }),

  /** Proves the address of an account with a link and the password, for users who cannot log in before. */
  verifyWithPassword: anyone
    .meta({
      rest: "POST /api/email/verify-with-password",
      summary: "Confirm an email address with the link from a mail and the password",
      as: "verified",
      refusals: ["link_expired", "wrong_password", "too_many_attempts", "busy"],
    })
    .input(LinkWithPassword)
    .output(True)
    .mutation(async ({ ctx, input }) => {
      const result = await verifyEmailWithPassword(ctx.tegata, input, ctx.requester);
      if (result.is === "verified") return true as const;
      if (result.is === "link_expired") throw new Refusal(result.is);
      throw passwordRefusal(result);
    }),

  /** Sends a link to a new address of the caller. The address changes when the link is used. */
  change: inOwnApp
    .meta({
      rest: "POST /api/email/change",
      summary: "Get a mail at a new email address, with a link that changes yours to it",
      as: "sent",
      refusals: ["wrong_password", "email_taken", "too_many_attempts", "busy", "no_mail"],
    })
    .input(EmailChange)
    .output(True)
    .mutation(async ({ ctx, input }) => {
      const result = await requestEmailChange(ctx.tegata, ctx.user, input, ctx.requester);
      switch (result.is) {
        case "sent":
          return true as const;
        case "taken":
          throw new Refusal("email_taken", { fields: { newEmail: fieldError("taken") } });
        case "no_mail":
          throw new Refusal(result.is);
        default:
          throw passwordRefusal(result);
      }
    }),

  /** Changes an address with the link that was sent to the new one. */
  confirmChange: inOwnApp
    .meta({
      rest: "POST /api/email/confirm-change",
      summary: "Change your email address with the link from a mail",
      refusals: ["link_expired", "other_account", "email_taken"],
    })
    .input(Link)
    .output(EmailAddress)
    .mutation(async ({ ctx: { tegata, user, requester }, input: { token } }) => {
      const result = await confirmEmailChange(tegata, user.id, token, requester);
      if (result.is === "other_account") throw new Refusal(result.is);
      return changed(result);
    }),

  /** Undoes a change with the link that was sent to the old address. The password becomes invalid. */
  takeBack: anyone
    .meta({
      rest: "POST /api/email/take-back",
      summary: "Undo a change of your email address; you then have to set a new password",
      refusals: ["link_expired", "email_taken"],
    })
    .input(Link)
    .output(EmailAddress)
    .mutation(async ({ ctx: { tegata, requester }, input: { token } }) =>
      changed(await takeBackEmail(tegata, token, requester)),
    ),
});
