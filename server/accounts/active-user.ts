/** An account as it is stored, for acts that need more of it than requests know. */
import type { User } from "../../db/users.ts";
import type { Tegata } from "../tegata.ts";

/**
 * Reads all that is stored about a user, with the password hash.
 * @returns undefined if the account has been removed or disabled, maybe since the request was admitted
 */
export async function findActiveUser(
  { db }: Pick<Tegata, "db">,
  id: number,
): Promise<User | undefined> {
  const user = await db.users.find(id);
  return user?.disabled ? undefined : user;
}
