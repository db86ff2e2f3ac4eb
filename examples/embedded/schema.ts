/** The tables of the application. They are in the database of Tegata, and refer to its users. */
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

// Not exported, because the table is not one of ours: drizzle-kit must not create it.
const users = sqliteTable("users", { id: integer().primaryKey() });

export const notes = sqliteTable("notes", {
  id: integer().primaryKey({ autoIncrement: true }),
  userId: integer("user_id")
    .notNull()
    // A user who deletes the account takes the notes along.
    .references(() => users.id, { onDelete: "cascade" }),
  text: text().notNull(),
});
