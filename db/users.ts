/** Queries about users. */
import {
  and,
  asc,
  eq,
  gt,
  gte,
  inArray,
  isNotNull,
  isNull,
  ne,
  sql as raw,
  type SQL,
} from "drizzle-orm";
import { isAmong } from "./batches.ts";
import type { Connection } from "./connect.ts";

/** A row of `users`. */
export type User = Connection["tables"]["users"]["$inferSelect"];
/** The columns of a new user. A username and its key come together. */
export type NewUser = Pick<User, "email" | "fullName" | "passwordHash" | "createdAtMs"> &
  Partial<Pick<User, "disabled" | "emailVerifiedAtMs">> &
  ({ username: string; usernameKey: string } | { username: null; usernameKey?: null });

/** The queries about users, on one connection. */
export function userQueries(connection: Connection) {
  return { ...accounts(connection), ...mailboxes(connection) };
}

function accounts({ sql, tables, write, insertedId, changed, violatedIndex }: Connection) {
  const { users } = tables;

  return {
    async find(id: number): Promise<User | undefined> {
      return (await sql.select().from(users).where(eq(users.id, id)).limit(1))[0];
    },

    async findByEmail(email: string): Promise<User | undefined> {
      return (await sql.select().from(users).where(eq(users.email, email)).limit(1))[0];
    },

    /** Finds the user who has the first of these keys that anyone has. */
    async findByUsernameKey(keys: readonly string[]): Promise<User | undefined> {
      const found = await sql
        .select()
        .from(users)
        .where(inArray(users.usernameKey, [...keys]));
      const rank = ({ usernameKey }: User) => keys.indexOf(usernameKey ?? "");
      return found.sort((a, b) => rank(a) - rank(b))[0];
    },

    /** The users after `id` who have a username and no key, oldest first, at most `limit`. */
    listWithoutUsernameKey(id: number, limit: number): Promise<User[]> {
      const where = and(gt(users.id, id), isNotNull(users.username), isNull(users.usernameKey));
      return sql.select().from(users).where(where).orderBy(asc(users.id)).limit(limit);
    },

    /**
     * Gives a user a username key, if they have none.
     * @returns whether nobody else has that key.
     */
    async setUsernameKey(id: number, usernameKey: string): Promise<boolean> {
      const where = and(eq(users.id, id), isNull(users.usernameKey));
      try {
        await write(() => sql.update(users).set({ usernameKey }).where(where));
        return true;
      } catch (error) {
        if (violatedIndex(error) === "users_username_key") return false;
        throw error;
      }
    },

    /** Adds a user. The unique indexes decide: of any number of concurrent equal inserts, exactly one is `added`. */
    async add(
      user: NewUser,
    ): Promise<{ is: "added"; id: number } | { is: "taken"; column: "email" | "username" }> {
      try {
        return { is: "added", id: insertedId(await write(() => sql.insert(users).values(user))) };
      } catch (error) {
        const index = violatedIndex(error);
        if (index === "users_email") return { is: "taken", column: "email" };
        if (index === "users_username_key") return { is: "taken", column: "username" };
        throw error;
      }
    },

    /**
     * Adds users in one statement: all of them, or none if any unique index has one of them already.
     * @returns whether they were added.
     */
    async addAll(all: readonly NewUser[]): Promise<boolean> {
      try {
        await write(() => sql.insert(users).values([...all]));
        return true;
      } catch (error) {
        if (violatedIndex(error)) return false;
        throw error;
      }
    },

    /** Which of these emails, of which there is at least one, are in use, and the username keys of their users. */
    listTakenEmails(emails: readonly string[]): Promise<Pick<User, "email" | "usernameKey">[]> {
      const { email, usernameKey } = users;
      return sql.select({ email, usernameKey }).from(users).where(isAmong(email, emails));
    },

    /** Which of these username keys, of which there is at least one, are in use. */
    async listTakenUsernameKeys(keys: readonly string[]): Promise<string[]> {
      const { usernameKey } = users;
      const rows = await sql.select({ usernameKey }).from(users).where(isAmong(usernameKey, keys));
      return rows.flatMap(({ usernameKey }) => usernameKey ?? []);
    },

    /** The users after `id`, oldest first, at most `limit`. */
    list(id: number, limit: number): Promise<User[]> {
      return sql.select().from(users).where(gt(users.id, id)).orderBy(asc(users.id)).limit(limit);
    },

    /**
     * How the password hashes of the users after `id` begin, for at most `limit` users: each beginning once, with the
     * last user who has it. `$2b$12$` and `$argon2id$v=19$m=65536,t=3,p=4$` are such beginnings: a name, the version
     * that some schemes have, and the parameters.
     */
    listHashBeginnings(
      id: number,
      limit: number,
    ): Promise<{ beginning: string; lastId: number }[]> {
      const page = sql
        .select({ id: users.id, passwordHash: users.passwordHash })
        .from(users)
        .where(gt(users.id, id))
        .orderBy(asc(users.id))
        .limit(limit)
        .as("page");
      const hash = page.passwordHash;
      /** The position of the first `$` after the one at a position. */
      const next = (position: SQL) =>
        raw`${position} + instr(substr(${hash}, ${position} + 1), '$')`;
      const parameters = next(raw`1`);
      const version = raw`substr(${hash}, ${parameters} + 1, 2) = 'v='`;
      const end = raw`case when ${version} then ${next(next(parameters))} else ${next(parameters)} end`;
      const beginning = raw<string>`substr(${hash}, 1, ${end})`.mapWith(users.passwordHash);
      return sql
        .select({ beginning, lastId: raw<number>`max(${page.id})` })
        .from(page)
        .groupBy(beginning);
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
     * Removes a user with everything that belongs to them, if they still have this password hash.
     * @returns whether they were removed.
     */
    async remove(id: number, passwordHash: string): Promise<boolean> {
      const where = and(eq(users.id, id), eq(users.passwordHash, passwordHash));
      return changed(await write(() => sql.delete(users).where(where))) === 1;
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

/** What links in mails change: each of these statements can be carried out once. A disabled account stays as it is. */
function mailboxes({ sql, tables: { users }, write, changed, violatedIndex }: Connection) {
  const update = async (set: Partial<User>, where: ReturnType<typeof and>) =>
    changed(
      await write(() =>
        sql
          .update(users)
          .set(set)
          .where(and(where, eq(users.disabled, false))),
      ),
    ) === 1;

  const updateEmail = async (
    set: Partial<User> & Pick<User, "email">,
    where: ReturnType<typeof and>,
  ) => {
    try {
      return { is: (await update(set, where)) ? "updated" : "unchanged" } as const;
    } catch (error) {
      if (violatedIndex(error) === "users_email") return { is: "taken" } as const;
      throw error;
    }
  };

  return {
    /**
     * Records that a user receives mail at their address.
     * @returns whether it is still their address and was not proved before.
     */
    verifyEmail({ id, email }: Pick<User, "id" | "email">, nowMs: number): Promise<boolean> {
      const where = and(eq(users.id, id), eq(users.email, email), isNull(users.emailVerifiedAtMs));
      return update({ emailVerifiedAtMs: nowMs }, where);
    },

    /**
     * Replaces the password hash of a user who receives mail at their address, if both are still the same.
     * @returns whether it was replaced.
     */
    resetPassword(
      { id, email, passwordHash, emailVerifiedAtMs }: User,
      to: string,
      nowMs: number,
    ): Promise<boolean> {
      const where = and(
        eq(users.id, id),
        eq(users.email, email),
        eq(users.passwordHash, passwordHash),
      );
      const proved = emailVerifiedAtMs === null ? { emailVerifiedAtMs: nowMs } : {};
      return update({ passwordHash: to, ...proved }, where);
    },

    /** Changes the address of a user, which is then proved, if they have the same address and password hash as before. */
    changeEmail({ id, email, passwordHash }: User, to: string, nowMs: number, changedAtMs: number) {
      const where = and(
        eq(users.id, id),
        eq(users.email, email),
        eq(users.passwordHash, passwordHash),
      );
      const set = { email: to, emailVerifiedAtMs: nowMs, emailChangedAtMs: changedAtMs };
      return updateEmail(set, where);
    },

    /**
     * Gives a user back the address that they had before a change, and replaces the password hash.
     * @param before the address, and when it had been changed before. With that time, the change cannot be undone again
     * @param changedAtMs when the change was made. Later ones are undone with it
     */
    takeBackEmail(
      before: Pick<User, "id" | "email" | "emailChangedAtMs">,
      changedAtMs: number,
      { passwordHash, nowMs }: { passwordHash: string; nowMs: number },
    ) {
      const { id, email, emailChangedAtMs } = before;
      const where = and(
        eq(users.id, id),
        ne(users.email, email),
        gte(users.emailChangedAtMs, changedAtMs),
      );
      const set = { email, emailVerifiedAtMs: nowMs, emailChangedAtMs, passwordHash };
      return updateEmail(set, where);
    },
  };
}
