/** Which clients are applications of the operator of this service, and which belong to somebody else. */
import type { Tegata } from "../tegata.ts";
import { findAnyClient } from "./clients.ts";

/**
 * Whether a client is an application of the operator, which may manage accounts. One that may use the password grant is: it
 * knows the passwords of its users. With PASSWORD_GRANT=off, no client may. Whether users are asked for consent is another
 * question, which only `firstParty` decides.
 */
export async function isOwnClient(
  { db, settings }: Pick<Tegata, "db" | "settings">,
  id: string,
): Promise<boolean> {
  const client = await findAnyClient({ db, settings }, id);
  if (!client) return false;
  const knowsPasswords = settings.passwordGrant !== "off" && client.grants.includes("password");
  return client.isFirstParty || knowsPasswords;
}
