/** Disabling and enabling an account. */
import type { Tegata } from "../tegata.ts";
import { findByLogin } from "./login.ts";

/**
 * Disables or enables an account. It takes effect immediately, because every request reads the account.
 * @param login an email or a username
 * @returns whether the account exists
 */
export async function setDisabled(
  { db }: Pick<Tegata, "db">,
  login: string,
  disabled: boolean,
): Promise<boolean> {
  const user = await findByLogin(db, login);
  if (user) await db.users.setDisabled(user.id, disabled);
  return user !== undefined;
}
