/** Queries about sessions. */
import { and, eq, isNull, sql as raw } from "drizzle-orm";
import type { Connection } from "./connect.ts";
import type { User } from "./users.ts";

/** A row of `sessions`. */
export type Session = Connection["tables"]["sessions"]["$inferSelect"];
/** What a new session is made of. */
export type NewSession = Omit<Session, "revokedAtMs">;

/** The queries about sessions, over one connection. */
export function sessionQueries({ sql, tables: { users, sessions }, changed }: Connection) {
  // The one query of every request that carries a token: prepared once.
  const withUser = sql
    .select({ session: sessions, user: users })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(eq(sessions.id, raw.placeholder("id")))
    .limit(1)
    .prepare();

  return {
    async add(session: NewSession): Promise<void> {
      await sql.insert(sessions).values(session);
    },

    /** A session with the user it belongs to, as they are now. */
    async find(id: string): Promise<{ session: Session; user: User } | undefined> {
      return (await withUser.execute({ id }))[0];
    },

    /** @returns whether the session was alive, and is now revoked. */
    async revoke(id: string, nowMs: number): Promise<boolean> {
      const where = and(eq(sessions.id, id), isNull(sessions.revokedAtMs));
      return changed(await sql.update(sessions).set({ revokedAtMs: nowMs }).where(where)) === 1;
    },
  };
}
