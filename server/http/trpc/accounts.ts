/** The procedures about the caller's account. */
import { z } from "zod";
import { deleteAccount } from "../../accounts/account-deletion.ts";
import { findBrowser } from "../../accounts/browser.ts";
import { exportData } from "../../accounts/data-export.ts";
import { fieldError } from "../../accounts/field-errors.ts";
import { changePassword } from "../../accounts/password-change.ts";
import { register } from "../../accounts/register.ts";
import { endSessions } from "../../tokens/sessions.ts";
import { renewCookie } from "../login/give-cookie.ts";
import { Refusal } from "../refusal.ts";
import { anyone, inOwnApp, signedIn } from "./base.ts";
import { passwordRefusal } from "./password-refusal.ts";
import {
  Account,
  Data,
  Me,
  PasswordChange,
  PasswordConfirmation,
  Registration,
  True,
} from "./schemas.ts";

/** They are at the top level of the router. */
export const accountProcedures = {
  /** Creates an account. */
  register: anyone
    .meta({
      rest: "POST /api/register",
      summary: "Create an account",
      refusals: [
        "registration_closed",
        "email_taken",
        "username_taken",
        "weak_password",
        "too_many_attempts",
        "busy",
      ],
    })
    .input(Registration)
    .output(Account)
    .mutation(async ({ ctx, input }) => {
      const result = await register(ctx.tegata, input, ctx.requester);
      switch (result.is) {
        case "registered":
          return result.user;
        case "closed":
          throw new Refusal("registration_closed");
        case "taken":
          throw new Refusal(`${result.field}_taken`, {
            fields: { [result.field]: fieldError("taken") },
          });
        default:
          throw passwordRefusal(result, { next: "password" });
      }
    }),

  /** The account of the caller. */
  me: signedIn("me")
    .meta({ rest: "GET /api/users/me", summary: "Get your account" })
    .output(Me)
    // In this order: to add a member to a copy takes four times as long.
    .query(({ ctx: { user } }) => ({ emailVerified: user.emailVerifiedAtMs !== null, ...user })),

  /** Whether the caller is logged in. Never an error, whatever token was sent. */
  isLoggedIn: anyone
    .meta({
      rest: "GET /api/is-logged-in",
      summary: "Check whether you are logged in; never an error",
      as: "isLoggedIn",
      readsToken: true,
    })
    .output(z.boolean().meta({ example: true }))
    .query(({ ctx }) => ctx.caller.is === "user"),

  /** Changes the password of the caller and ends their other sessions. */
  changePassword: inOwnApp
    .meta({
      rest: "PUT /api/users/me/password",
      summary: "Change your password and end your other sessions",
      as: "changed",
      refusals: ["wrong_password", "weak_password", "too_many_attempts", "busy"],
    })
    .input(PasswordChange)
    .output(True)
    .mutation(async ({ ctx, input }) => {
      const { tegata, cookie, sessionIds } = ctx;
      const change = { ...input, keptSessionIds: sessionIds };
      const browser = cookie && (await findBrowser(tegata, cookie.value));
      const result = await changePassword(tegata, ctx.user, change, ctx.requester);
      switch (result.is) {
        case "changed":
          if (cookie && browser && sessionIds.includes(browser.session.id))
            await renewCookie(tegata, cookie, browser);
          return true as const;
        default:
          throw passwordRefusal(result, { current: "currentPassword" });
      }
    }),

  /** Ends the session of the caller, and with it all tokens of the session. Returns whether this call ended it. */
  logout: signedIn("me")
    .meta({ rest: "POST /api/logout", summary: "End this session", as: "ended" })
    .output(z.boolean().meta({ example: true }))
    .mutation(
      async ({ ctx: { tegata, sessionId, requester } }) =>
        (await endSessions(tegata, { id: sessionId }, "logged_out", requester)) === 1,
    ),

  /** Deletes the account of the caller, with its sessions and items. */
  deleteAccount: inOwnApp
    .meta({
      rest: "POST /api/users/me/delete",
      summary: "Delete your account, with its sessions and items",
      as: "deleted",
      refusals: ["wrong_password", "too_many_attempts", "busy"],
    })
    .input(PasswordConfirmation)
    .output(True)
    .mutation(async ({ ctx, input: { password } }) => {
      const result = await deleteAccount(ctx.tegata, ctx.user, password, ctx.requester);
      if (result.is === "deleted") return true as const;
      throw passwordRefusal(result);
    }),

  /** Everything that the service knows about the caller, except secrets. */
  exportData: inOwnApp
    .meta({
      rest: "GET /api/users/me/data",
      summary: "Get all data of your account: the latest 1,000 events, and the active sessions",
    })
    .output(Data)
    .query(async ({ ctx: { tegata, user } }) => {
      const data = await exportData(tegata, user.id);
      if (!data) throw new Refusal("invalid_token");
      return data;
    }),
};
