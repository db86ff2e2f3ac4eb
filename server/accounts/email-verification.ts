/** Proving that the mail of an account is received by its owner. */
import type { User } from "../../db/users.ts";
import type { Requester } from "../requester.ts";
import type { Tegata } from "../tegata.ts";
import { findActiveUser } from "./active-user.ts";
import { checkPassword, type PasswordChecked } from "./password-check.ts";
import { type LinkExpired, PROOF } from "./verification-link.ts";

/**
 * Proves the address of a user who is logged in: whoever receives mail there must not vouch for an account that somebody
 * else has made with their address.
 */
export async function verifyEmail(
  tegata: Tegata,
  user: Pick<User, "id">,
  token: string,
  requester: Requester,
): Promise<{ is: "verified" } | LinkExpired | { is: "other_account" }> {
  const proof = tegata.tickets.open(PROOF, token);
  if (!proof) return { is: "link_expired" };
  if (proof.userId !== user.id) return { is: "other_account" };
  return prove(tegata, proof, requester);
}

/** Proves the address of a user who knows the password: without it, they could not log in while it must be proved first. */
export async function verifyEmailWithPassword(
  tegata: Tegata,
  { token, password }: { token: string; password: string },
  requester: Requester,
): Promise<{ is: "verified" } | LinkExpired | Exclude<PasswordChecked, { is: "confirmed" }>> {
  const proof = tegata.tickets.open(PROOF, token);
  const user = proof && (await findActiveUser(tegata, proof.userId));
  if (!user || user.email !== proof.email || user.emailVerifiedAtMs !== null)
    return { is: "link_expired" };
  const checked = await checkPassword(tegata, user, password, "email_verification", requester);
  return checked.is === "confirmed" ? prove(tegata, proof, requester) : checked;
}

async function prove(
  { db, audit, now }: Tegata,
  { userId, email }: { userId: number; email: string },
  requester: Requester,
): Promise<{ is: "verified" } | LinkExpired> {
  if (!(await db.users.verifyEmail({ id: userId, email }, now()))) return { is: "link_expired" };
  await audit.record({ type: "email_verified", userId }, requester);
  return { is: "verified" };
}
