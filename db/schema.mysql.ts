/** The schema in MySQL's words, for drizzle-kit. */
import { schema } from "./schema.ts";
import { mysql } from "./words.ts";

export const { users, clients, sessions, refreshTokens, items } = schema(mysql);
