/** Queries about OAuth clients. */
import { and, asc, eq, isNull } from "drizzle-orm";
import { isAmong } from "./batches.ts";
import { type Connection, insertOnce } from "./connect.ts";

/** A row of `clients`. */
export type ClientRow = Connection["tables"]["clients"]["$inferSelect"];

/** The columns of a new client. */
export type NewClientRow = Connection["tables"]["clients"]["$inferInsert"];

/** The queries about OAuth clients, on one connection. */
export function clientQueries(connection: Connection) {
  const {
    sql,
    tables: { clients },
    write,
    changed,
  } = connection;
  return {
    /** @returns whether the client was added; false if its id exists. */
    add(client: NewClientRow): Promise<boolean> {
      return insertOnce(connection, () => sql.insert(clients).values(client));
    },

    async find(id: string): Promise<ClientRow | undefined> {
      return (await sql.select().from(clients).where(eq(clients.id, id)).limit(1))[0];
    },

    /** The clients with these ids, as far as they exist. */
    async findAll(ids: readonly string[]): Promise<ClientRow[]> {
      return ids.length === 0 ? [] : sql.select().from(clients).where(isAmong(clients.id, ids));
    },

    list(): Promise<ClientRow[]> {
      return sql.select().from(clients).orderBy(asc(clients.id));
    },

    /** @returns the redirect URIs of each client without a secret, space-separated. */
    async listPublicRedirectUris(): Promise<string[]> {
      const rows = await sql
        .select({ uris: clients.redirectUris })
        .from(clients)
        .where(isNull(clients.secretHash));
      return rows.map(({ uris }) => uris);
    },

    /**
     * Changes a client, if it is still `from`.
     * @returns whether it was changed.
     */
    async update(
      from: ClientRow,
      to: Partial<Omit<ClientRow, "id" | "createdAtMs">>,
    ): Promise<boolean> {
      const { id, secretHash, name, grants, scopes, redirectUris, logoutUris, firstParty } = from;
      const where = and(
        eq(clients.id, id),
        secretHash === null ? isNull(clients.secretHash) : eq(clients.secretHash, secretHash),
        name === null ? isNull(clients.name) : eq(clients.name, name),
        eq(clients.grants, grants),
        eq(clients.scopes, scopes),
        eq(clients.redirectUris, redirectUris),
        eq(clients.logoutUris, logoutUris),
        eq(clients.firstParty, firstParty),
      );
      return changed(await write(() => sql.update(clients).set(to).where(where))) === 1;
    },

    /** @returns whether the client existed. */
    async remove(id: string): Promise<boolean> {
      return changed(await write(() => sql.delete(clients).where(eq(clients.id, id)))) === 1;
    },
  };
}
