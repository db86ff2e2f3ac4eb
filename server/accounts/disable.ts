/** Disabling and enabling an account. */
import type { Origin } from "../requester.ts";
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
  parts: Pick<Tegata, "db" | "log" | "now" | "audit">,
  login: string,
  disabled: boolean,
  by: Origin,
): Promise<boolean> {
  const { db, audit } = parts;
  const user = await findByLogin(db, login);
  if (!user) return false;
  const which = { userId: user.id };
  // A disabled account gets no new session, so none is left when it is enabled.
  if (!disabled && user.disabled) await endSessions(parts, which, "user_enabled", by);
  if (await db.users.setDisabled(user.id, disabled))
    await audit.record({ type: disabled ? "user_disabled" : "user_enabled", ...which }, by);
  return true;
}
