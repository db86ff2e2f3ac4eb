/** Moves users in from another system: a batch at a time, each in one statement. */
import type { NewUser } from "../../db/users.ts";
import type { Tegata } from "../tegata.ts";

/** What happens to a user who is imported. */
export type Imported =
  | { is: "added" }
  /** There is an account with this email, and with this username if it has one. It is left as it is. */
  | { is: "exists" }
  /** Another account has the email or the username. */
  | { is: "taken"; field: "email" | "username" };

/** A batch is read and written so often if others register its names meanwhile. */
const TRIES = 5;

/** The names that are in use. */
interface Taken {
  /** The username key of each email; null if it has no username. */
  byEmail: Map<string, string | null>;
  keys: Set<string>;
}

/** Imports users, a batch at a time. */
export interface UserImport {
  /** Imports a batch: all that can be added, or none if it fails. @returns what happened to each, in order */
  add(batch: readonly NewUser[]): Promise<Imported[]>;
}

/**
 * Opens an import. The accounts that there are stay as they are, so that to import a file again changes nothing.
 * @param isDryRun whether nothing is written; then the names of all batches are remembered, about 200 bytes for each user
 */
export function openImport({ db }: Pick<Tegata, "db">, isDryRun: boolean): UserImport {
  const remembered: Taken = { byEmail: new Map(), keys: new Set() };

  const read = async (batch: readonly NewUser[]): Promise<Taken> => {
    const taken: Taken = isDryRun ? remembered : { byEmail: new Map(), keys: new Set() };
    for (const { email, usernameKey } of await db.users.listTakenEmails(
      batch.map(({ email }) => email),
    ))
      taken.byEmail.set(email, usernameKey);
    const keys = batch.flatMap(({ usernameKey }) => usernameKey ?? []);
    if (keys.length > 0)
      for (const key of await db.users.listTakenUsernameKeys(keys)) taken.keys.add(key);
    return taken;
  };

  return {
    async add(batch) {
      if (batch.length === 0) return [];
      for (let left = TRIES; left > 0; left -= 1) {
        const taken = await read(batch);
        const results = batch.map((user) => takeNames(taken, user));
        const added = batch.filter((_, i) => results[i]?.is === "added");
        if (isDryRun || added.length === 0 || (await db.users.addAll(added))) return results;
      }
      throw new Error("others register the same names at the same time: run the import again");
    },
  };
}

/** Takes the names of a user, if they are free. */
function takeNames(taken: Taken, { email, usernameKey = null }: NewUser): Imported {
  const key = taken.byEmail.get(email);
  if (key !== undefined)
    return usernameKey === null || key === usernameKey
      ? { is: "exists" }
      : { is: "taken", field: "email" };
  if (usernameKey !== null && taken.keys.has(usernameKey))
    return { is: "taken", field: "username" };
  taken.byEmail.set(email, usernameKey);
  if (usernameKey !== null) taken.keys.add(usernameKey);
  return { is: "added" };
}
