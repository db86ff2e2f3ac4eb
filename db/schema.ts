/** Every table, defined once for both dialects. */
import type { Dialect } from "./dialect-mysql.ts";

/**
 * Builds the tables for a dialect. Name each unique index `table_column`: {@link Connection.violatedIndex} returns that
 * name on both engines.
 */
export function schema(dialect: Dialect) {
  const { table, unique, index, primary, serial, reference, text, flag, count, millis } = dialect;
  const users = table(
    "users",
    {
      id: serial(),
      /** An ASCII addr-spec in lowercase. */
      email: text(254).notNull(),
      /** Never contains `@`, so a username cannot be mistaken for an email address. */
      username: text(800),
      /**
       * The unique key by which the username is found: the name without case and width. If two names differ only in those,
       * the key of the later one is an `@` and the name itself. Null if there is no username.
       */
      usernameKey: text(801),
      fullName: text(800),
      disabled: flag().notNull().default(false),
      /** bcrypt; of imported users also argon2id, scrypt or PBKDF2, until they log in. */
      passwordHash: text(255).notNull(),
      createdAtMs: millis().notNull(),
      /** When somebody proved that they receive mail at this address; null until then. */
      emailVerifiedAtMs: millis(),
      /** When the address was last changed; null if never. */
      emailChangedAtMs: millis(),
    },
    (t) => [unique("users_email").on(t.email), unique("users_username_key").on(t.usernameKey)],
  );

  /** OAuth clients other than the built-in one. */
  const clients = table("clients", {
    id: text(100).primaryKey(),
    /** SHA-256 of the secret in base64url; null for a public client. */
    secretHash: text(43),
    /** The grants and scopes that the client may request, space-separated. */
    grants: text(200).notNull(),
    scopes: text(1000).notNull(),
    createdAtMs: millis().notNull(),
    /** What users see of it; null for its id. */
    name: text(200),
    /** Where users may be sent back to, space-separated; empty if nowhere. */
    redirectUris: text(4000).notNull().default(""),
    /** Where users may be sent after a log-out, space-separated; empty if nowhere. */
    logoutUris: text(4000).notNull().default(""),
    /** Whether it belongs to the operator of this service: its users are not asked for consent. */
    firstParty: flag().notNull().default(false),
  });

  /**
   * One per login, and one per token issued to a client on its own behalf. Revoking a session ends its tokens. A browser
   * that is logged in has a session without tokens; what it opens are children of that session.
   */
  const sessions = table(
    "sessions",
    {
      id: text(22).primaryKey(),
      /** Null if the client acts on its own behalf. */
      userId: reference().references(() => users.id, { onDelete: "cascade" }),
      clientId: text(100).notNull(),
      /** The granted scopes, space-separated. An access token may carry fewer. */
      scope: text(1000).notNull(),
      userAgent: text(800),
      createdAtMs: millis().notNull(),
      lastUsedAtMs: millis().notNull(),
      /** When it is over. A session that ends earlier gets the time of its end here too. */
      expiresAtMs: millis().notNull(),
      revokedAtMs: millis(),
      /** Whether it is that of a browser, which only the cookie of the log-in page finds. */
      browser: flag().notNull().default(false),
      /**
       * The session that opened it and that it ends with; null if none did. There is no foreign key: a parent that has
       * been deleted was over.
       */
      parentId: text(22),
      /** When the user proved who they are; null for a client, and for sessions of version 0.1. */
      authTimeMs: millis(),
      /** How they did, in the values of RFC 8176, space-separated; null as above. */
      amr: text(60),
    },
    (t) => [
      index("sessions_user").on(t.userId),
      index("sessions_client").on(t.clientId, t.userId, t.revokedAtMs),
      index("sessions_expires").on(t.expiresAtMs),
      index("sessions_parent").on(t.parentId),
    ],
  );

  /** A refresh token is used once, in exchange for its child. */
  const refreshTokens = table(
    "refresh_tokens",
    {
      /** SHA-256 of the token in base64url. */
      hash: text(43).primaryKey(),
      sessionId: text(22)
        .notNull()
        .references(() => sessions.id, { onDelete: "cascade" }),
      /** 1 for the first token of a session, 2 for its child, and so on. 0 for those of version 0.1. */
      generation: count().notNull().default(0),
      createdAtMs: millis().notNull(),
      expiresAtMs: millis().notNull(),
      /** Set together with `childHash`, in the statement that spends the token. */
      usedAtMs: millis(),
      childHash: text(43),
    },
    (t) => [index("refresh_tokens_session").on(t.sessionId)],
  );

  /** What a client exchanges once for tokens. */
  const codes = table(
    "codes",
    {
      /** SHA-256 of the code in base64url. */
      hash: text(43).primaryKey(),
      /** The session that the code opens. */
      sessionId: text(22).notNull(),
      /** The session of the browser to which it was issued, and when the user had proved who they are in it. */
      parentId: text(22).notNull(),
      authTimeMs: millis(),
      clientId: text(100).notNull(),
      redirectUri: text(2000).notNull(),
      /** SHA-256 of the PKCE verifier in base64url; null if the client uses none. */
      challenge: text(43),
      /** What the ID token repeats; null if the request has none. */
      nonce: text(500),
      scope: text(1000).notNull(),
      createdAtMs: millis().notNull(),
      expiresAtMs: millis().notNull(),
      usedAtMs: millis(),
      /** When it was presented again although it had been used. */
      replayedAtMs: millis(),
    },
    (t) => [index("codes_expires").on(t.expiresAtMs)],
  );

  /** What a user lets a client do: a row for each scope. */
  const consents = table(
    "consents",
    {
      userId: reference()
        .notNull()
        .references(() => users.id, { onDelete: "cascade" }),
      clientId: text(100).notNull(),
      scope: text(1000).notNull(),
      grantedAtMs: millis().notNull(),
    },
    (t) => [primary({ columns: [t.userId, t.clientId, t.scope] })],
  );

  /** The example resource: items that belong to a user. */
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

  /** What `server/throttle/` counts: attempts by account and by address, and where an account has logged in from. */
  const throttles = table(
    "throttles",
    {
      /** HMAC-SHA-256 of what is counted, in base64url: names and addresses are not stored. */
      hash: text(43).primaryKey(),
      attempts: count().notNull(),
      /** No attempt is admitted before. */
      blockedUntilMs: millis().notNull(),
      expiresAtMs: millis().notNull(),
    },
    (t) => [index("throttles_expires").on(t.expiresAtMs)],
  );

  /**
   * The audit log. Rows are only added, and removed when they are too old. They have no foreign keys, because history
   * stays when an account, a client or a session is gone.
   */
  const events = table(
    "events",
    {
      id: serial(),
      atMs: millis().notNull(),
      type: text(40).notNull(),
      /** Null if no account is known, as for a failed login with an unknown name. */
      userId: reference(),
      clientId: text(100),
      /** The session that was opened or ended, or that made the request. */
      sessionId: text(22),
      /** An IP address, or `cli` for an operator. */
      address: text(200),
      /** As in the log. */
      requestId: text(64),
      userAgent: text(800),
      /** A word or a number of ours: never what a caller sent. */
      detail: text(200),
    },
    (t) => [index("events_user").on(t.userId), index("events_at").on(t.atMs)],
  );

  return {
    users,
    clients,
    sessions,
    refreshTokens,
    codes,
    consents,
    items,
    throttles,
    events,
  };
}

/** The tables, as queries see them. */
export type Tables = ReturnType<typeof schema>;
