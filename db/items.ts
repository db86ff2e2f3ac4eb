/** Queries about items. */
import { and, asc, eq, gt } from "drizzle-orm";
import { type Connection, insertUnlessGone } from "./connect.ts";

/** A row of `items`. */
export type Item = Connection["tables"]["items"]["$inferSelect"];

/** The queries about items, on one connection. */
export function itemQueries(connection: Connection) {
  const { sql, tables, write, insertedId, changed } = connection;
  const { items } = tables;
  return {
    /** The items of a user in the order they were added: at most `limit`, starting after the item with id `after`. */
    list(userId: number, { after, limit }: { after: number; limit: number }): Promise<Item[]> {
      const where = and(eq(items.userId, userId), gt(items.id, after));
      return sql.select().from(items).where(where).orderBy(asc(items.id)).limit(limit);
    },

    /** Whether a user has that many items. */
    async hasAtLeast(userId: number, count: number): Promise<boolean> {
      const rows = await sql
        .select({ id: items.id })
        .from(items)
        .where(eq(items.userId, userId))
        .limit(1)
        .offset(count - 1);
      return rows.length === 1;
    },

    /** @returns the id of the new item; 0 if the user is gone. */
    async add(item: Omit<Item, "id">): Promise<number> {
      const insert = async () => insertedId(await write(() => sql.insert(items).values(item)));
      return insertUnlessGone(connection, insert, 0);
    },

    /**
     * Removes an item if it belongs to the user.
     * @returns whether it was removed.
     */
    async remove(userId: number, id: number): Promise<boolean> {
      const where = and(eq(items.id, id), eq(items.userId, userId));
      return changed(await write(() => sql.delete(items).where(where))) === 1;
    },
  };
}
