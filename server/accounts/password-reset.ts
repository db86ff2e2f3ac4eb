/** Setting a new password with a link from a mail. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { User } from "../../db/users.ts";
import { MINUTE_MS } from "../durations.ts";
import type { Requester } from "../requester.ts";
import type { Tegata } from "../tegata.ts";
import type { Throttled } from "../throttle/counting.ts";
import { endSessions } from "../tokens/sessions.ts";
import type { Purpose } from "../tokens/tickets.ts";
import { findActiveUser } from "./active-user.ts";
import type { FieldError } from "./field-errors.ts";
import { notifyOfPassword } from "./password-change.ts";
import type { Busy, Place } from "./password-queue.ts";
import type { LinkExpired } from "./verification-link.ts";

/** How long a link to set a new password works. */
const RESET_MS = 30 * MINUTE_MS;

const RESET: Purpose<{ userId: number; email: string; fingerprint: string }> = {
  name: "password reset",
  data: z.strictObject({ userId: z.int(), email: z.string(), fingerprint: z.string() }),
};

/** Tells whether a password is still the same. It says nothing about the password: the hash has a random salt. */
export const fingerprintOf = ({ passwordHash }: Pick<User, "passwordHash">): string =>
  createHash("sha256").update(passwordHash).digest().subarray(0, 16).toString("base64url");

/**
 * Sends a link to the address, if an account has it. Whether it does is found out in the background, so the result and
 * its time are the same. A disabled account gets no mail.
 */
export async function requestReset(
  tegata: Tegata,
  email: string,
  requester: Requester,
): Promise<{ is: "accepted" } | { is: "no_mail" } | Throttled> {
  const { db, mail, throttle, tickets, audit, now } = tegata;
  if (!mail.isAvailable) return { is: "no_mail" };
  const { address, requestId, userAgent, language } = requester;
  const throttled = await throttle.mail(email, address);
  if (throttled) return throttled;
  mail.post({ kind: "reset", requestId }, async () => {
    const user = await db.users.findByEmail(email);
    if (!user || user.disabled) return undefined;
    const event = { type: "password_reset_requested", userId: user.id } as const;
    await audit.record(event, { address, requestId, userAgent });
    const data = { userId: user.id, email, fingerprint: fingerprintOf(user) };
    const token = tickets.seal(RESET, data, now() + RESET_MS);
    return { kind: "reset", to: email, language, link: { page: "reset", token } };
  });
  return { is: "accepted" };
}

/** The result of setting a new password. */
export type PasswordReset =
  | { is: "reset" }
  | LinkExpired
  | { is: "weak_password"; error: FieldError }
  | Busy;

/**
 * Sets a new password, and ends all sessions of the account. What uses the link up is the new password itself, so a
 * password that is not accepted costs nothing, and every change of the password voids all links from before. If the
 * address was never proved, whoever set the password until now may not have been its owner: nothing of theirs remains
 * valid.
 */
export async function resetPassword(
  tegata: Tegata,
  { token, newPassword }: { token: string; newPassword: string },
  requester: Requester,
): Promise<PasswordReset> {
  const asked = tegata.tickets.open(RESET, token);
  if (!asked) return { is: "link_expired" };
  return tegata.passwords.enter(newPassword, (place) =>
    resetFrom(place, tegata, asked, newPassword, requester),
  );
}

async function resetFrom(
  place: Place,
  tegata: Tegata,
  asked: z.output<typeof RESET.data>,
  newPassword: string,
  requester: Requester,
): Promise<PasswordReset> {
  const { db, passwords, throttle, audit, now } = tegata;
  const user = await findActiveUser(tegata, asked.userId);
  const isCurrent = user?.email === asked.email && fingerprintOf(user) === asked.fingerprint;
  if (!isCurrent) return { is: "link_expired" };
  const error = passwords.errorOf(newPassword, user);
  if (error) return { is: "weak_password", error };
  const hashed = await passwords.hash(newPassword, requester.gone, place);
  if (hashed.is === "busy") return hashed;
  if (!(await db.users.resetPassword(user, hashed.hash, now()))) return { is: "link_expired" };
  await audit.record({ type: "password_reset", userId: user.id }, requester);
  await endSessions(tegata, { userId: user.id }, "password_reset", requester);
  notifyOfPassword(tegata, user, requester);
  // The wrong passwords from before must not make the owner wait.
  for (const name of [user.email, user.usernameKey])
    if (name !== null) await throttle.forget(name, requester.address);
  return { is: "reset" };
}
