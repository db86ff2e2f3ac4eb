/** Queries about refresh tokens. */
import { and, eq, isNull } from "drizzle-orm";
import { type Connection, insertOnce } from "./connect.ts";
import type { Session } from "./sessions.ts";
import type { User } from "./users.ts";

/** A row of `refresh_tokens`. */
export type RefreshToken = Connection["tables"]["refreshTokens"]["$inferSelect"];
/** The columns of a new refresh token. */
export type NewRefreshToken = Omit<RefreshToken, "usedAtMs" | "childHash">;

/** The queries about refresh tokens, on one connection. */
export function refreshTokenQueries(connection: Connection) {
  const { sql, tables, write, changed } = connection;
  const { users, sessions, refreshTokens } = tables;

  return {
    /** @returns whether the token was added; false if it exists. */
    add(token: NewRefreshToken): Promise<boolean> {
      return insertOnce(connection, () => sql.insert(refreshTokens).values(token));
    },

    /** A refresh token with its session and user. */
    async find(
      hash: string,
    ): Promise<{ token: RefreshToken; session: Session; user: User } | undefined> {
      const [row] = await sql
        .select({ token: refreshTokens, session: sessions, user: users })
        .from(refreshTokens)
        .innerJoin(sessions, eq(sessions.id, refreshTokens.sessionId))
        .innerJoin(users, eq(users.id, sessions.userId))
        .where(eq(refreshTokens.hash, hash))
        .limit(1);
      return row;
    },

    /**
     * Spends a token in exchange for its child.
     * @returns whether the token was unspent: true for exactly one of any number of concurrent callers.
     */
    async spend(hash: string, childHash: string, nowMs: number): Promise<boolean> {
      const where = and(eq(refreshTokens.hash, hash), isNull(refreshTokens.usedAtMs));
      const spent = { usedAtMs: nowMs, childHash };
      return changed(await write(() => sql.update(refreshTokens).set(spent).where(where))) === 1;
    },
  };
}
