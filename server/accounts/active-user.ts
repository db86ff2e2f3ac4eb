/** The whole account of somebody who sends a request. */
import type { User } from "../../db/users.ts";
import type { Tegata } from "../tegata.ts";

/**
 * Reads all that is stored about a user, with the password hash: what requests know of their user is less.
 * @returns undefined if the account has been removed or disabled since the request began
 */
export async function findActiveUser(
  { db }: Pick<Tegata, "db">,
  id: number,
): Promise<User | undefined> {
  const user = await db.users.find(id);
  return user?.disabled ? undefined : user;
}
