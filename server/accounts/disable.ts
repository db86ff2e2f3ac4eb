/** Disabling and enabling an account. */
import type { Tegata } from "../tegata.ts";
import { endSessions } from "../tokens/sessions.ts";
import { findByLogin } from "./login.ts";

/**
 * Disables or enables an account. Both take effect immediately, because every request reads the account. The tokens from
 * before do not come back when it is enabled.
 * @param login an email or a username
 * @returns whether the account exists
 */
export async function setDisabled(
  parts: Pick<Tegata, "db" | "log" | "now">,
  login: string,
  disabled: boolean,
): Promise<boolean> {
  const { db } = parts;
  const user = await findByLogin(db, login);
  if (!user) return false;
  // A disabled account gets no new session, so none is left when it is enabled.
  if (!disabled && user.disabled) await endSessions(parts, { userId: user.id }, "user_enabled");
  await db.users.setDisabled(user.id, disabled);
  return true;
}
