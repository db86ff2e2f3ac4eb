/** The items of an account: the example of a resource that belongs to a user. */
import type { Item } from "../../db/items.ts";
import type { Tegata } from "../tegata.ts";

/** How many items a user has at most. */
const MAX_ITEMS = 1000;

/** The result of adding an item. */
export type ItemAdded = { is: "added"; item: Item } | { is: "too_many" };

/** Adds an item, unless the user has 1,000 already. Requests that run at the same time may each add one more. */
export async function addItem(
  { db, now }: Pick<Tegata, "db" | "now">,
  { userId, title }: Pick<Item, "userId" | "title">,
): Promise<ItemAdded> {
  if (await db.items.hasAtLeast(userId, MAX_ITEMS)) return { is: "too_many" };
  const item = { userId, title, createdAtMs: now() };
  return { is: "added", item: { id: await db.items.add(item), ...item } };
}
