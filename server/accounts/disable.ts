/** Disabling and enabling an account. */
import type { Origin } from "../requester.ts";
import type { Tegata } from "../tegata.ts";
import { findByLogin } from "./login.ts";

/**
 * Disables or enables an account. It takes effect immediately, because every request reads the account.
 * @param login an email or a username
 * @returns whether the account exists
 */
export async function setDisabled(
  { db, audit }: Pick<Tegata, "db" | "audit">,
  login: string,
  disabled: boolean,
  by: Origin,
): Promise<boolean> {
  const user = await findByLogin(db, login);
  if (user && (await db.users.setDisabled(user.id, disabled)))
    await audit.record({ type: disabled ? "user_disabled" : "user_enabled", userId: user.id }, by);
  return user !== undefined;
}
