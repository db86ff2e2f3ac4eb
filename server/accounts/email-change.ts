/** Changing the address of an account: the new one is proved first, and from the old one it can be undone. */
import { z } from "zod";
import type { User } from "../../db/users.ts";
import { DAY_MS, HOUR_MS } from "../durations.ts";
import type { Requester } from "../requester.ts";
import type { Tegata } from "../tegata.ts";
import { endSessions } from "../tokens/sessions.ts";
import type { Purpose } from "../tokens/tickets.ts";
import { findActiveUser } from "./active-user.ts";
import { checkPassword, type PasswordChecked } from "./password-check.ts";
import { fingerprintOf } from "./password-reset.ts";
import { randomHash } from "./stored-hash.ts";
import type { LinkExpired } from "./verification-link.ts";

/** How long the old address can take the account back. */
const TAKE_BACK_MS = 7 * DAY_MS;

const CHANGE: Purpose<{
  userId: number;
  from: string;
  to: string;
  fingerprint: string;
  changedBeforeAtMs: number | null;
}> = {
  name: "email change",
  data: z.strictObject({
    userId: z.int(),
    from: z.string(),
    to: z.string(),
    fingerprint: z.string(),
    /** When the address had been changed before: another change back and forth uses the link up. */
    changedBeforeAtMs: z.number().nullable(),
  }),
};

const TAKE_BACK: Purpose<{
  userId: number;
  email: string;
  changedAtMs: number;
  changedBeforeAtMs: number | null;
}> = {
  name: "email taken back",
  data: z.strictObject({
    userId: z.int(),
    email: z.string(),
    changedAtMs: z.number(),
    /** When the address had been changed before that. */
    changedBeforeAtMs: z.number().nullable(),
  }),
};

/** Sends a link to the new address of a user who knows the password. Nothing changes before it is used. */
export async function requestEmailChange(
  tegata: Tegata,
  user: Pick<User, "id" | "email">,
  { newEmail, password }: { newEmail: string; password: string },
  requester: Requester,
): Promise<
  | { is: "sent" }
  | { is: "taken" }
  | { is: "no_mail" }
  | Exclude<PasswordChecked, { is: "confirmed" }>
> {
  const { db, mail, throttle, tickets, now } = tegata;
  const { address, requestId, language } = requester;
  if (!mail.isAvailable) return { is: "no_mail" };
  const checked = await checkPassword(tegata, user, password, "email_change", requester);
  if (checked.is !== "confirmed") return checked;
  // Throttle first: otherwise one known password could probe any number of addresses.
  const throttled = await throttle.mail(newEmail, address);
  if (throttled) return throttled;
  if (await db.users.findByEmail(newEmail)) return { is: "taken" };
  const { id, email, emailChangedAtMs: changedBeforeAtMs } = checked.user;
  const fingerprint = fingerprintOf(checked.user);
  const data = { userId: id, from: email, to: newEmail, fingerprint, changedBeforeAtMs };
  mail.post({ kind: "change", requestId }, async () => {
    const token = tickets.seal(CHANGE, data, now() + HOUR_MS);
    return { kind: "change", to: newEmail, language, link: { page: "change-email", token } };
  });
  return { is: "sent" };
}

/** The result of a link that changes an address. */
export type EmailChanged = { is: "changed"; email: string } | { is: "taken" } | LinkExpired;

/**
 * Changes the address of a user who is logged in, as {@link verifyEmail} proves one: the owner of a mailbox must not vouch
 * for the account of a stranger who has asked for their address. Tells the old one if it was proved: another one may be a
 * stranger's, by a typing error.
 */
export async function confirmEmailChange(
  tegata: Tegata,
  userId: number,
  token: string,
  requester: Requester,
): Promise<EmailChanged | { is: "other_account" }> {
  const { db, audit, tickets, now } = tegata;
  const change = tickets.open(CHANGE, token);
  if (!change) return { is: "link_expired" };
  if (change.userId !== userId) return { is: "other_account" };
  const user = await findActiveUser(tegata, userId);
  const isCurrent =
    user &&
    user.email === change.from &&
    user.emailChangedAtMs === change.changedBeforeAtMs &&
    fingerprintOf(user) === change.fingerprint;
  if (!isCurrent) return { is: "link_expired" };
  const nowMs = now();
  // Each change is later than the one before, whatever the clocks of the instances say.
  const changedAtMs = Math.max(nowMs, (user.emailChangedAtMs ?? 0) + 1);
  const { is } = await db.users.changeEmail(user, change.to, nowMs, changedAtMs);
  if (is === "taken") return { is };
  if (is === "unchanged") return { is: "link_expired" };
  await audit.record({ type: "email_changed", userId: user.id }, requester);
  if (user.emailVerifiedAtMs !== null) notifyOldAddress(tegata, user, changedAtMs, requester);
  return { is: "changed", email: change.to };
}

/**
 * Tells the old address, with a link that undoes the change. An address that replaced another one less than 7 days ago
 * gets no link: that other one has one, and a thief who changes the address twice must not get one as well.
 */
function notifyOldAddress(
  { mail, tickets }: Tegata,
  { id, email, emailChangedAtMs }: User,
  changedAtMs: number,
  { requestId, language }: Requester,
): void {
  const isRecent = emailChangedAtMs !== null && emailChangedAtMs > changedAtMs - TAKE_BACK_MS;
  const kind = isRecent ? "changed_again" : "changed";
  mail.post({ kind, requestId }, async () => {
    if (isRecent) return { kind, to: email, language };
    const data = { userId: id, email, changedAtMs, changedBeforeAtMs: emailChangedAtMs };
    const token = tickets.seal(TAKE_BACK, data, changedAtMs + TAKE_BACK_MS);
    return { kind, to: email, language, link: { page: "take-back", token } };
  });
}

/**
 * Gives an account its old address back, even if it was changed again since. Whoever changed it knew the password: it
 * becomes invalid, all sessions end, and the owner sets a new one with a link to the address.
 */
export async function takeBackEmail(
  tegata: Tegata,
  token: string,
  requester: Requester,
): Promise<EmailChanged> {
  const { db, audit, settings, tickets, now } = tegata;
  const offer = tickets.open(TAKE_BACK, token);
  if (!offer) return { is: "link_expired" };
  const { userId, email, changedAtMs, changedBeforeAtMs } = offer;
  const before = { id: userId, email, emailChangedAtMs: changedBeforeAtMs };
  const replaced = { passwordHash: randomHash(settings.bcryptCost), nowMs: now() };
  const { is } = await db.users.takeBackEmail(before, changedAtMs, replaced);
  if (is === "taken") return { is };
  if (is === "unchanged") return { is: "link_expired" };
  await audit.record({ type: "email_taken_back", userId }, requester);
  await endSessions(tegata, { userId }, "email_taken_back", requester);
  return { is: "changed", email };
}
