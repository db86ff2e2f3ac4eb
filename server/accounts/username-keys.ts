/** Gives the accounts of earlier versions the key that their username is found by. */
import type { Db } from "../../db/open.ts";
import { usernameKeys } from "./identity.ts";

/** How many accounts are read at a time. */
const PAGE = 500;

/**
 * Fills the keys that are missing: those of accounts that are older than the column. No engine can fold Unicode like
 * `usernameKeys`, so the migration leaves it to the start. Of two names that fold alike, the older account gets the
 * folded key; the other is found by its exact spelling alone. Several processes may do this at once.
 */
export async function fillUsernameKeys({ users }: Pick<Db, "users">): Promise<void> {
  for (let last = 0; ; ) {
    const page = await users.listWithoutUsernameKey(last, PAGE);
    for (const { id, username } of page) {
      const { folded, exact } = usernameKeys(username ?? "");
      if (!(await users.setUsernameKey(id, folded))) await users.setUsernameKey(id, exact);
      last = id;
    }
    if (page.length < PAGE) return;
  }
}
