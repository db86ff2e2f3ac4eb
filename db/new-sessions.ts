/** Adding sessions: each insert is conditional on what it depends on. */
import { and, eq, sql as raw } from "drizzle-orm";
import { isActiveBrowser } from "./active-sessions.ts";
import { alias } from "./alias.ts";
import type { Connection } from "./connect.ts";
import type { Session } from "./sessions.ts";

type Origin = "browser" | "parentId" | "authTimeMs" | "amr";
/** The columns of a new session. */
export type NewSession = Omit<Session, "revokedAtMs" | Origin> & Partial<Pick<Session, Origin>>;

/** The queries that add sessions, on one connection. */
export function sessionInserts({ sql, tables: { users, sessions }, write, changed }: Connection) {
  const parent = alias(sessions, "parent");

  /** The row, for an insert that reads a user. */
  const rowOf = (session: NewSession) => ({
    id: raw<string>`${session.id}`.as("id"),
    userId: users.id,
    clientId: raw<string>`${session.clientId}`.as("client_id"),
    scope: raw<string>`${session.scope}`.as("scope"),
    userAgent: raw<string | null>`${session.userAgent}`.as("user_agent"),
    createdAtMs: raw<number>`${session.createdAtMs}`.as("created_at_ms"),
    lastUsedAtMs: raw<number>`${session.lastUsedAtMs}`.as("last_used_at_ms"),
    expiresAtMs: raw<number>`${session.expiresAtMs}`.as("expires_at_ms"),
    revokedAtMs: raw<null>`NULL`.as("revoked_at_ms"),
    browser: raw<boolean>`${raw.param(session.browser ?? false, sessions.browser)}`.as("browser"),
    parentId: raw<string | null>`${session.parentId ?? null}`.as("parent_id"),
    authTimeMs: raw<number | null>`${session.authTimeMs ?? null}`.as("auth_time_ms"),
    amr: raw<string | null>`${session.amr ?? null}`.as("amr"),
  });

  return {
    /** Adds a session of a client that acts on its own behalf. */
    async add(session: NewSession & { userId: null }): Promise<void> {
      await write(() => sql.insert(sessions).values(session));
    },

    /**
     * Adds a session of a user, if the user is not disabled and still has the password hash that was just verified.
     * @returns whether it was added.
     */
    async addForUser(
      session: NewSession & { userId: number },
      passwordHash: string,
    ): Promise<boolean> {
      const where = and(
        eq(users.id, session.userId),
        eq(users.passwordHash, passwordHash),
        eq(users.disabled, false),
      );
      const added = await write(() =>
        sql.insert(sessions).select(sql.select(rowOf(session)).from(users).where(where)),
      );
      return changed(added) === 1;
    },

    /**
     * Adds a session that a browser opens, if the session of the browser is active and its user is not disabled.
     * @returns whether it was added.
     */
    async addForBrowser(
      session: NewSession & { userId: number; parentId: string },
      nowMs: number,
    ): Promise<boolean> {
      const where = and(
        eq(users.id, session.userId),
        isActiveBrowser(parent, users, session.parentId, nowMs),
      );
      const user = sql
        .select(rowOf(session))
        .from(users)
        .innerJoin(parent, eq(parent.userId, users.id))
        .where(where);
      return changed(await write(() => sql.insert(sessions).select(user))) === 1;
    },
  };
}
