/** The schema in SQLite's words, for drizzle-kit. */
import { schema } from "./schema.ts";
import { sqlite } from "./words.ts";

export const { users, clients, sessions, refreshTokens, items } = schema(sqlite);
