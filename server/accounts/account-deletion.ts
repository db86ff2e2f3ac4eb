/** Deleting an account. */
import type { User } from "../../db/users.ts";
import type { Requester } from "../requester.ts";
import type { Tegata } from "../tegata.ts";
import { checkPassword, type PasswordChecked } from "./password-check.ts";

/**
 * Deletes the account of a user who knows the password, with its sessions and items, at once. Its events remain: they
 * name the account by a number that is never used again, and never by an email.
 */
export async function deleteAccount(
  tegata: Tegata,
  user: Pick<User, "id" | "email">,
  password: string,
  requester: Requester,
): Promise<{ is: "deleted" } | Exclude<PasswordChecked, { is: "confirmed" }>> {
  const checked = await checkPassword(tegata, user, password, "account_deletion", requester);
  if (checked.is !== "confirmed") return checked;
  // The password was changed in the meantime, or the account is gone: this password deletes nothing.
  if (!(await tegata.db.users.remove(user.id, checked.user.passwordHash)))
    return { is: "wrong_password" };
  await tegata.audit.record({ type: "account_deleted", userId: user.id }, requester);
  return { is: "deleted" };
}
