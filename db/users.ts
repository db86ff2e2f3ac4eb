/** Queries about users. */
import { and, eq } from "drizzle-orm";
import type { Connection } from "./connect.ts";

/** A row of `users`. */
export type User = Connection["tables"]["users"]["$inferSelect"];
/** The columns of a new user. */
export type NewUser = Pick<
  User,
  "email" | "username" | "fullName" | "passwordHash" | "createdAtMs"
>;

/** The queries about users, on one connection. */
export function userQueries({
  sql,
  tables,
  write,
  insertedId,
  changed,
  violatedIndex,
}: Connection) {
  const { users } = tables;
  const findBy = async (column: typeof users.email | typeof users.username, value: string) =>
    (await sql.select().from(users).where(eq(column, value)).limit(1))[0];

  return {
    findByEmail: (email: string): Promise<User | undefined> => findBy(users.email, email),
    findByUsername: (username: string): Promise<User | undefined> =>
      findBy(users.username, username),

    /** Adds a user. The unique indexes decide: of any number of concurrent equal inserts, exactly one is `added`. */
    async add(
      user: NewUser,
    ): Promise<{ is: "added"; id: number } | { is: "taken"; column: "email" | "username" }> {
      try {
        return { is: "added", id: insertedId(await write(() => sql.insert(users).values(user))) };
      } catch (error) {
        const index = violatedIndex(error);
        if (index === "users_email") return { is: "taken", column: "email" };
        if (index === "users_username") return { is: "taken", column: "username" };
        throw error;
      }
    },

    /**
     * Replaces a password hash, if it is still `from`.
     * @returns whether it was replaced.
     */
    async replaceHash(id: number, from: string, to: string): Promise<boolean> {
      const where = and(eq(users.id, id), eq(users.passwordHash, from));
      return (
        changed(await write(() => sql.update(users).set({ passwordHash: to }).where(where))) === 1
      );
    },

    /**
     * Disables or enables a user.
     * @returns whether the user exists and was changed.
     */
    async setDisabled(id: number, disabled: boolean): Promise<boolean> {
      const where = and(eq(users.id, id), eq(users.disabled, !disabled));
      return changed(await write(() => sql.update(users).set({ disabled }).where(where))) === 1;
    },
  };
}
