/** Changing a password. */
import type { PublicUser } from "../../db/public-user.ts";
import type { User } from "../../db/users.ts";
import type { Requester } from "../requester.ts";
import type { Tegata } from "../tegata.ts";
import type { Throttled } from "../throttle/counting.ts";
import { endSessions } from "../tokens/sessions.ts";
import { findActiveUser } from "./active-user.ts";
import type { FieldError } from "./field-errors.ts";
import { verifyPassword } from "./login.ts";
import type { Busy, Place } from "./password-queue.ts";

/** The result of a password change. */
export type PasswordChanged =
  | { is: "changed" }
  | { is: "wrong_password" }
  | { is: "weak_password"; error: FieldError }
  | Throttled
  | Busy;

interface Change {
  currentPassword: string;
  newPassword: string;
  /** The session that makes the change, and the one that has opened it. */
  keptSessionIds: readonly [string, ...string[]];
}

/** Changes the password of a user who knows the current one, and ends all of their other sessions. */
export async function changePassword(
  tegata: Tegata,
  user: PublicUser,
  change: Change,
  requester: Requester,
): Promise<PasswordChanged> {
  const error = tegata.passwords.errorOf(change.newPassword, user);
  if (error) return { is: "weak_password", error };
  return tegata.passwords.enter(change.currentPassword, (place) =>
    changeFrom(place, tegata, user, change, requester),
  );
}

async function changeFrom(
  place: Place,
  tegata: Tegata,
  user: PublicUser,
  change: Change,
  requester: Requester,
): Promise<PasswordChanged> {
  const attempt = await tegata.throttle.guess(user.email, requester.address);
  if (attempt.is === "throttled") {
    const who = { userId: user.id, sessionId: change.keptSessionIds[0] };
    const event = { type: "password_change_failed", ...who, detail: "throttled" } as const;
    tegata.audit.recordFailure(event, requester);
    return attempt;
  }
  const result = await replacePassword(place, tegata, user, change, requester);
  if (result.is === "busy") await attempt.release();
  if (result.is === "changed") {
    await attempt.succeed();
    if (user.emailVerifiedAtMs !== null) notifyOfPassword(tegata, user, requester);
  }
  return result;
}

async function replacePassword(
  place: Place,
  tegata: Tegata,
  { id }: PublicUser,
  change: Change,
  requester: Requester,
): Promise<{ is: "changed" } | { is: "wrong_password" } | Busy> {
  const { db, passwords, audit } = tegata;
  const { gone } = requester;
  const who = { userId: id, sessionId: change.keptSessionIds[0] };
  const user = await findActiveUser(tegata, id);
  const verified = await verifyPassword(tegata, user, change.currentPassword, gone, place);
  if (verified.is === "busy") return verified;
  if (!user) return { is: "wrong_password" };
  if (verified.is === "mismatch") {
    audit.recordFailure({ type: "password_change_failed", ...who }, requester);
    return { is: "wrong_password" };
  }
  const hashed = await passwords.hash(change.newPassword, gone);
  if (hashed.is === "busy") return hashed;
  // If two changes run at the same time, the second one no longer has the current password.
  if (!(await db.users.replaceHash(id, user.passwordHash, hashed.hash)))
    return { is: "wrong_password" };
  await audit.record({ type: "password_changed", ...who }, requester);
  // First, so that a copy of the browser's cookie that a thief has opens nothing after the other sessions have ended.
  await db.sessions.renewProof(change.keptSessionIds, tegata.now());
  const others = { userId: id, exceptIds: change.keptSessionIds };
  await endSessions(tegata, others, "password_changed", requester);
  return { is: "changed" };
}

/** Tells a user that the password was changed. An address that nobody has proved may be a stranger's: it gets no mail. */
export function notifyOfPassword(
  { mail }: Pick<Tegata, "mail">,
  { email }: Pick<User, "email">,
  { requestId, language }: Requester,
): void {
  const kind = "password_changed";
  mail.post({ kind, requestId }, async () => ({ kind, to: email, language }));
}
