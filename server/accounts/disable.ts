/** Disabling and enabling an account. */
import type { Tegata } from "../tegata.ts";
import { findByLogin } from "./login.ts";

/**
 * Disables an account or enables it again. It acts at once: every request reads the account anew.
 * @param login an email or a username
 * @returns whether there is such an account
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
