/** The English mails. */
import type { Wordings } from "../message.ts";

const NOT_YOU = "If you did not ask for this, ignore this mail: nothing changes.";

export const en: Wordings = {
  verify: ({ brand }) => ({
    subject: `Confirm your email address for ${brand}`,
    before: [`An account at ${brand} uses this email address. To confirm that it is yours:`],
    button: "Confirm the address",
    after: [
      "The link works once, for 24 hours, and asks you to log in.",
      "If you have no account there, ignore this mail: without your click, nobody can use your address as confirmed.",
    ],
  }),
  reset: ({ brand }) => ({
    subject: `Set a new password for ${brand}`,
    before: [`Somebody asked for a new password for your account at ${brand}. To choose one:`],
    button: "Set a new password",
    after: ["The link works once, for 30 minutes. All devices are then logged out.", NOT_YOU],
  }),
  change: ({ brand }) => ({
    subject: `Confirm your new email address for ${brand}`,
    before: [`An account at ${brand} is to be moved to this email address. To confirm it:`],
    button: "Use this address",
    after: ["The link works once, for an hour.", NOT_YOU],
  }),
  changed: ({ brand }) => ({
    subject: `Your email address at ${brand} was changed`,
    before: [
      `Your account at ${brand} now has another email address. If you changed it, you have nothing to do.`,
      "If it was not you, somebody knows your password. Take your account back:",
    ],
    button: "Take the account back",
    after: [
      "The link works for 7 days. It restores this address, logs out all devices and makes the password invalid; then set a new one with “Forgot your password?”.",
    ],
  }),
  changed_again: ({ brand }) => ({
    subject: `Your email address at ${brand} was changed`,
    before: [
      `Your account at ${brand} now has another email address. If you changed it, you have nothing to do.`,
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
    subject: `Test mail of ${brand}`,
    before: [`${brand} (${host}) can send mail.`],
    after: [],
  }),
};
