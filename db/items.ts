/** Queries about items. */
import { and, asc, eq, gt } from "drizzle-orm";
import type { Connection } from "./connect.ts";

/** A row of `items`. */
export type Item = Connection["tables"]["items"]["$inferSelect"];

/** The queries about items, over one connection. */
export function itemQueries({ sql, tables: { items }, write, insertedId, changed }: Connection) {
  return {
    /** The items of a user in the order they were added: at most `limit`, those after one of them. */
    list(userId: number, { after, limit }: { after: number; limit: number }): Promise<Item[]> {
      const where = and(eq(items.userId, userId), gt(items.id, after));
      return sql.select().from(items).where(where).orderBy(asc(items.id)).limit(limit);
    },

    /** @returns the id that it was given */
    async add(item: Omit<Item, "id">): Promise<number> {
      return insertedId(await write(() => sql.insert(items).values(item)));
    },

    /** Removes an item if it is the user's. @returns whether it was. */
    async remove(userId: number, id: number): Promise<boolean> {
      const where = and(eq(items.id, id), eq(items.userId, userId));
      return changed(await write(() => sql.delete(items).where(where))) === 1;
    },
  };
}
