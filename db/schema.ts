/** Every table, once, in the words of either dialect. */
import type { Words } from "./words.ts";

/**
 * The tables in the given words. A unique index is named `table_column`: that name is what
 * {@link Connection.brokenUnique} answers on both engines.
 */
export function schema({ table, unique, index, serial, reference, text, flag, millis }: Words) {
  const users = table(
    "users",
    {
      id: serial(),
      /** An ASCII addr-spec in lower case. */
      email: text(254).notNull(),
      /** Never holds an `@`, so that it cannot be taken for an email. */
      username: text(800),
      fullName: text(800),
      disabled: flag().notNull().default(false),
      passwordHash: text(100).notNull(),
      createdAtMs: millis().notNull(),
    },
    (t) => [unique("users_email").on(t.email), unique("users_username").on(t.username)],
  );

  /** One per log-in. Revoking it ends its access tokens. */
  const sessions = table(
    "sessions",
    {
      id: text(22).primaryKey(),
      userId: reference()
        .notNull()
        .references(() => users.id, { onDelete: "cascade" }),
      clientId: text(100).notNull(),
      createdAtMs: millis().notNull(),
      revokedAtMs: millis(),
    },
    (t) => [index("sessions_user").on(t.userId)],
  );

  return { users, sessions };
}

/** The tables as the queries see them. */
export type Tables = ReturnType<typeof schema>;
