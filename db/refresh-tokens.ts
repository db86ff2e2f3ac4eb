/** Queries about refresh tokens. */
import { and, eq, gt, isNull, lt, max, sql as raw, type SQL } from "drizzle-orm";
import { isAmong } from "./batches.ts";
import { type Connection, insertOnce, insertUnlessGone } from "./connect.ts";
import { gatherWrites } from "./gather.ts";
import { refreshTokenLookup } from "./session-lookup.ts";

/** A row of `refresh_tokens`. */
export type RefreshToken = Connection["tables"]["refreshTokens"]["$inferSelect"];
/** The columns of a new refresh token. */
export type NewRefreshToken = Omit<RefreshToken, "usedAtMs" | "childHash">;

/** The most hashes that a list contains: so many tokens are deleted in one statement. */
export const HASH_LIMIT = 2000;

/** The most tokens that are added in one statement. */
const MOST_ADDED = 16;

/** The queries about refresh tokens, on one connection. */
export function refreshTokenQueries(connection: Connection) {
  const { sql, tables, write, changed } = connection;
  const { refreshTokens } = tables;
  const listHashes = async (where: SQL | undefined): Promise<string[]> => {
    const { hash } = refreshTokens;
    const rows = await sql.select({ hash }).from(refreshTokens).where(where).limit(HASH_LIMIT);
    return rows.map((row) => row.hash);
  };

  // What every exchange of a token runs: its text is built once. Building it takes as long as sending it.
  const { placeholder } = raw;
  const withHash = eq(refreshTokens.hash, placeholder("hash"));
  const adding = sql
    .insert(refreshTokens)
    .values({
      hash: placeholder("hash"),
      sessionId: placeholder("sessionId"),
      generation: placeholder("generation"),
      createdAtMs: placeholder("createdAtMs"),
      expiresAtMs: placeholder("expiresAtMs"),
    })
    .prepare();
  const spending = sql
    .update(refreshTokens)
    .set({ usedAtMs: raw`${placeholder("nowMs")}`, childHash: raw`${placeholder("childHash")}` })
    .where(and(withHash, isNull(refreshTokens.usedAtMs)))
    .prepare();

  return {
    /** Adds a token, unless it exists. */
    add: gatherWrites<NewRefreshToken>(
      MOST_ADDED,
      (all) => write(() => sql.insert(refreshTokens).values([...all])),
      (token) => {
        const insert = () => insertOnce(connection, () => adding.execute({ ...token }));
        return insertUnlessGone(connection, insert, true);
      },
    ),

    /** A refresh token with its session and user. */
    find: refreshTokenLookup(connection),

    /**
     * Spends a token in exchange for its child.
     * @returns whether the token was unspent: true for exactly one of any number of concurrent callers.
     */
    async spend(hash: string, childHash: string, nowMs: number): Promise<boolean> {
      return changed(await write(() => spending.execute({ hash, childHash, nowMs }))) === 1;
    },

    /** The latest generation of a session's tokens; undefined if it has none. */
    async latestGeneration(sessionId: string): Promise<number | undefined> {
      const [row] = await sql
        .select({ latest: max(refreshTokens.generation) })
        .from(refreshTokens)
        .where(eq(refreshTokens.sessionId, sessionId));
      return row?.latest ?? undefined;
    },

    /** The hashes of a session's tokens before `generation`, except those of version 0.1: {@link HASH_LIMIT} at most. */
    listBefore(sessionId: string, generation: number): Promise<string[]> {
      const isBefore = and(
        gt(refreshTokens.generation, 0),
        lt(refreshTokens.generation, generation),
      );
      return listHashes(and(eq(refreshTokens.sessionId, sessionId), isBefore));
    },

    /** The hashes of all tokens of some sessions: at most {@link HASH_LIMIT}. */
    listOfSessions(sessionIds: readonly string[]): Promise<string[]> {
      return listHashes(isAmong(refreshTokens.sessionId, sessionIds));
    },

    /** Deletes tokens. */
    async remove(hashes: readonly string[]): Promise<void> {
      await write(() => sql.delete(refreshTokens).where(isAmong(refreshTokens.hash, hashes)));
    },
  };
}
