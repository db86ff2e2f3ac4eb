/** The English mails. */
import type { Wordings } from "../message.ts";

const NOT_YOU = "If you did not ask for this, you can ignore this email. Nothing will change.";

export const en: Wordings = {
  verify: ({ brand }) => ({
    subject: `Confirm your email address for ${brand}`,
    before: [`An account at ${brand} uses this email address. To confirm that it is yours:`],
    button: "Confirm the address",
    after: [
      "The link can be used once and expires in 24 hours. It asks you to log in.",
      "If you have no account there, you can ignore this email: nobody can confirm your address unless you open the link.",
    ],
  }),
  reset: ({ brand }) => ({
    subject: `Set a new password for ${brand}`,
    before: [`Someone asked for a new password for your account at ${brand}. To choose one:`],
    button: "Set a new password",
    after: [
      "The link can be used once and expires in 30 minutes. A new password logs out all devices.",
      NOT_YOU,
    ],
  }),
  change: ({ brand }) => ({
    subject: `Confirm your new email address for ${brand}`,
    before: [`Someone asked to use this email address for an account at ${brand}. To confirm it:`],
    button: "Use this address",
    after: ["The link can be used once and expires in an hour.", NOT_YOU],
  }),
  changed: ({ brand }) => ({
    subject: `Your email address at ${brand} was changed`,
    before: [
      `Your account at ${brand} now has another email address. If you changed it, you don't need to do anything.`,
      "If it was not you, someone knows your password. Take your account back:",
    ],
    button: "Take the account back",
    after: [
      "The link can be used once and expires in 7 days. It restores this address, logs out all devices and makes the password invalid; then set a new one with “Forgot your password?”.",
    ],
  }),
  changed_again: ({ brand }) => ({
    subject: `Your email address at ${brand} was changed`,
    before: [
      `Your account at ${brand} now has another email address. If you changed it, you don't need to do anything.`,
      "If it was not you: the address that the account had before this one got a link to take it back.",
    ],
    after: [],
  }),
  password_changed: ({ brand, host }) => ({
    subject: `Your password at ${brand} was changed`,
    before: [
      `The password of your account at ${brand} (${host}) was changed, and other devices were logged out.`,
      "If it was not you, set a new password at once with “Forgot your password?”.",
    ],
    after: [],
  }),
  test: ({ brand, host }) => ({
    subject: `Test email from ${brand}`,
    before: [`${brand} (${host}) can send email.`],
    after: [],
  }),
};
