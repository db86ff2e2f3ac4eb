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

  /** OAuth clients beside the built-in one. */
  const clients = table("clients", {
    id: text(100).primaryKey(),
    /** SHA-256 of the secret, base64url; null for a public client. */
    secretHash: text(43),
    /** Space-separated: the grants and scopes that the client may ask for. */
    grants: text(200).notNull(),
    scopes: text(1000).notNull(),
    createdAtMs: millis().notNull(),
  });

  /** One per log-in, and one per token of a client of its own. Revoking it ends its tokens. */
  const sessions = table(
    "sessions",
    {
      id: text(22).primaryKey(),
      /** Null where a client acts for itself. */
      userId: reference().references(() => users.id, { onDelete: "cascade" }),
      clientId: text(100).notNull(),
      /** Space-separated: what was granted; an access token may have less. */
      scope: text(1000).notNull(),
      userAgent: text(800),
      createdAtMs: millis().notNull(),
      lastUsedAtMs: millis().notNull(),
      expiresAtMs: millis().notNull(),
      revokedAtMs: millis(),
    },
    (t) => [index("sessions_user").on(t.userId), index("sessions_expires").on(t.expiresAtMs)],
  );

  /** Each is used once: it is spent for its child. */
  const refreshTokens = table(
    "refresh_tokens",
    {
      /** SHA-256, base64url. */
      hash: text(43).primaryKey(),
      sessionId: text(22)
        .notNull()
        .references(() => sessions.id, { onDelete: "cascade" }),
      createdAtMs: millis().notNull(),
      expiresAtMs: millis().notNull(),
      /** Both are set in the one statement that spends the token. */
      usedAtMs: millis(),
      childHash: text(43),
    },
    (t) => [index("refresh_tokens_session").on(t.sessionId)],
  );

  /** The sample resource: what a user owns. */
  const items = table(
    "items",
    {
      id: serial(),
      userId: reference()
        .notNull()
        .references(() => users.id, { onDelete: "cascade" }),
      title: text(800).notNull(),
      createdAtMs: millis().notNull(),
    },
    (t) => [index("items_user").on(t.userId)],
  );

  return { users, clients, sessions, refreshTokens, items };
}

/** The tables as the queries see them. */
export type Tables = ReturnType<typeof schema>;
