/** Moves users in from another system: a batch at a time, each in one statement. */
import type { NewUser } from "../../db/users.ts";
import type { Tegata } from "../tegata.ts";
import type { Recipe } from "./derived-keys.js";
import { admit, readHash, readStoredWork } from "./stored-hash.ts";

/** What happens to a user who is imported. */
export type Imported =
  | { is: "added" }
  /** There is an account with this email, and with this username if it has one. It is left as it is. */
  | { is: "exists" }
  /** Another account has the email or the username. */
  | { is: "taken"; field: "email" | "username" }
  /** Every login would do too much work: that of this hash, and that of the other schemes in use. */
  | { is: "costly"; scheme: string; others: string[] };

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

  let stored: Promise<Map<Recipe["scheme"], Recipe>> | undefined;
  /** The costliest recipe of each other scheme than bcrypt; read if there is such a hash, because it takes a while. */
  const recipesFor = (batch: readonly NewUser[]) => {
    if (batch.some(({ passwordHash }) => readHash(passwordHash)?.is === "foreign"))
      stored ??= readStoredWork({ users: db.users }).then(({ recipes }) => new Map(recipes));
    return stored ?? new Map();
  };

  return {
    async add(batch) {
      if (batch.length === 0) return [];
      const recipes = await recipesFor(batch);
      for (let left = TRIES; left > 0; left -= 1) {
        const taken = await read(batch);
        const results = batch.map((user) => decide(user, taken, recipes));
        const added = batch.filter((_, i) => results[i]?.is === "added");
        if (isDryRun || added.length === 0 || (await db.users.addAll(added))) return results;
      }
      throw new Error("others register the same names at the same time: run the import again");
    },
  };
}

/** Takes the names of a user, if they are free and the hash may be stored. */
function decide(
  { email, usernameKey = null, passwordHash }: NewUser,
  taken: Taken,
  recipes: Map<Recipe["scheme"], Recipe>,
): Imported {
  const key = taken.byEmail.get(email);
  if (key !== undefined)
    return usernameKey === null || key === usernameKey
      ? { is: "exists" }
      : { is: "taken", field: "email" };
  if (usernameKey !== null && taken.keys.has(usernameKey))
    return { is: "taken", field: "username" };
  const read = readHash(passwordHash);
  if (read?.is === "foreign" && !admit(recipes, read.derived.recipe)) {
    const { scheme } = read.derived.recipe;
    return {
      is: "costly",
      scheme,
      others: [...recipes.keys()].filter((one) => one !== scheme).sort(),
    };
  }
  taken.byEmail.set(email, usernameKey);
  if (usernameKey !== null) taken.keys.add(usernameKey);
  return { is: "added" };
}
