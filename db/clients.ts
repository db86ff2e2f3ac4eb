/** Queries about OAuth clients. */
import { asc, eq } from "drizzle-orm";
import type { Connection } from "./connect.ts";

/** A row of `clients`. */
export type ClientRow = Connection["tables"]["clients"]["$inferSelect"];

/** The queries about OAuth clients, over one connection. */
export function clientQueries({
  sql,
  tables: { clients },
  write,
  changed,
  brokenUnique,
}: Connection) {
  return {
    /** @returns whether it was added; false when there is one of that id. */
    async add(client: ClientRow): Promise<boolean> {
      try {
        await write(() => sql.insert(clients).values(client));
        return true;
      } catch (error) {
        if (brokenUnique(error) === "PRIMARY") return false;
        throw error;
      }
    },

    async find(id: string): Promise<ClientRow | undefined> {
      return (await sql.select().from(clients).where(eq(clients.id, id)).limit(1))[0];
    },

    list(): Promise<ClientRow[]> {
      return sql.select().from(clients).orderBy(asc(clients.id));
    },

    /** @returns whether there was one. */
    async remove(id: string): Promise<boolean> {
      return changed(await write(() => sql.delete(clients).where(eq(clients.id, id)))) === 1;
    },
  };
}
