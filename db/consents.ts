/** Queries about consents: the scopes that users have given to clients. */
import { and, asc, eq } from "drizzle-orm";
import { type Connection, insertOnce, insertUnlessGone } from "./connect.ts";

/** A row of `consents`. */
export type Consent = Connection["tables"]["consents"]["$inferSelect"];

/** The queries about consents, on one connection. */
export function consentQueries(connection: Connection) {
  const { sql, tables, write, changed } = connection;
  const { consents } = tables;
  return {
    /** Adds a consent, unless it is there or its user is gone. */
    async add(consent: Consent): Promise<void> {
      const insert = () => insertOnce(connection, () => sql.insert(consents).values(consent));
      await insertUnlessGone(connection, insert, true);
    },

    /** The names of the scopes that a user has given to a client. */
    async listScopes(userId: number, clientId: string): Promise<string[]> {
      const where = and(eq(consents.userId, userId), eq(consents.clientId, clientId));
      const rows = await sql.select({ scope: consents.scope }).from(consents).where(where);
      return rows.map(({ scope }) => scope);
    },

    /** The consents of a user, the oldest first. */
    list(userId: number): Promise<Consent[]> {
      return sql
        .select()
        .from(consents)
        .where(eq(consents.userId, userId))
        .orderBy(asc(consents.grantedAtMs), asc(consents.scope));
    },

    /** Removes the consents to a client: those of one user, or of all. @returns how many there were. */
    async removeOfClient(clientId: string, userId?: number): Promise<number> {
      const isTheirs = userId === undefined ? undefined : eq(consents.userId, userId);
      const where = and(eq(consents.clientId, clientId), isTheirs);
      return changed(await write(() => sql.delete(consents).where(where)));
    },
  };
}
