/** The procedures about the caller's items: the worked example of a protected resource. */
import { z } from "zod";
import { addItem } from "../../accounts/items.ts";
import { Refusal } from "../refusal.ts";
import { router, signedIn } from "./base.ts";
import { pageOf } from "./page-of.ts";
import { Item, ItemId, ItemPage, Items, NewItem } from "./schemas.ts";

export const itemsRouter = router({
  /** A page of the caller's items, in the order they were added. */
  list: signedIn("items")
    .meta({ rest: "GET /api/items", summary: "List a page of your items" })
    .input(ItemPage.prefault({}))
    .output(Items)
    .query(async ({ ctx: { tegata, user }, input: { after, limit } }) => {
      const rows = await tegata.db.items.list(user.id, { after, limit: limit + 1 });
      const { page, next } = pageOf(rows, limit);
      return { items: page, next };
    }),

  /** Adds an item. */
  add: signedIn("items")
    .meta({ rest: "POST /api/items", summary: "Add an item", refusals: ["too_many_items"] })
    .input(NewItem)
    .output(Item)
    .mutation(async ({ ctx: { tegata, user }, input: { title } }) => {
      const result = await addItem(tegata, { userId: user.id, title });
      if (result.is === "added") return result.item;
      throw new Refusal("too_many_items");
    }),

  /** Removes an item. Returns whether it existed. */
  remove: signedIn("items")
    .meta({ rest: "DELETE /api/items/{id}", summary: "Remove an item", as: "removed" })
    .input(ItemId)
    .output(z.boolean().meta({ example: true }))
    .mutation(({ ctx: { tegata, user }, input }) => tegata.db.items.remove(user.id, input.id)),
});
