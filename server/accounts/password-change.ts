/** Changing a password. */
import type { User } from "../../db/users.ts";
import type { Requester } from "../requester.ts";
import type { Tegata } from "../tegata.ts";
import { endSessions } from "../tokens/sessions.ts";
import type { FieldError } from "./field-errors.ts";
import { verifyPassword } from "./login.ts";
import type { Busy } from "./passwords.ts";

/** The result of a password change. */
export type PasswordChanged =
  | { is: "changed" }
  | { is: "wrong_password" }
  | { is: "weak_password"; error: FieldError }
  | Busy;

/** Changes the password of a user who knows the current one, and ends all of their sessions but one. */
export async function changePassword(
  tegata: Tegata,
  user: User,
  change: { currentPassword: string; newPassword: string; keptSessionId: string },
  requester: Requester,
): Promise<PasswordChanged> {
  const { db, passwords, audit } = tegata;
  const { gone } = requester;
  const who = { userId: user.id, sessionId: change.keptSessionId };
  const error = passwords.errorOf(change.newPassword);
  if (error) return { is: "weak_password", error };
  const verified = await verifyPassword(tegata, user, change.currentPassword, gone);
  if (verified.is === "busy") return verified;
  if (verified.is === "mismatch") {
    audit.recordFailure({ type: "password_change_failed", ...who }, requester);
    return { is: "wrong_password" };
  }
  const hashed = await passwords.hash(change.newPassword, gone);
  if (hashed.is === "busy") return hashed;
  // If two changes run at the same time, the second one no longer has the current password.
  if (!(await db.users.replaceHash(user.id, user.passwordHash, hashed.hash)))
    return { is: "wrong_password" };
  await audit.record({ type: "password_changed", ...who }, requester);
  const others = { userId: user.id, exceptId: change.keptSessionId };
  await endSessions(tegata, others, "password_changed", requester);
  return { is: "changed" };
}
