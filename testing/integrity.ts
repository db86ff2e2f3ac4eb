/** What must hold for the rows of every table at any moment, whatever was killed: nothing is half written. */
import { expect } from "vitest";
import { runSql } from "./sql.ts";

/** Queries that find rows which are half written, each with a name for what it finds. */
export const HALF_WRITTEN = {
  "a user whose hash is cut": "SELECT id FROM users WHERE LENGTH(password_hash) < 60",
  "a username without the key that it is found by":
    "SELECT id FROM users WHERE (username IS NULL) <> (username_key IS NULL)",
  "a session without its user": `SELECT sessions.id FROM sessions LEFT JOIN users ON users.id = user_id
    WHERE user_id IS NOT NULL AND users.id IS NULL`,
  "a session that was ended and goes on":
    "SELECT id FROM sessions WHERE revoked_at_ms IS NOT NULL AND expires_at_ms > revoked_at_ms",
  "a refresh token without its session": `SELECT hash FROM refresh_tokens
    LEFT JOIN sessions ON sessions.id = session_id WHERE sessions.id IS NULL`,
  "a refresh token that is used and has no child, or the other way round":
    "SELECT hash FROM refresh_tokens WHERE (used_at_ms IS NULL) <> (child_hash IS NULL)",
  "two refresh tokens of one generation":
    "SELECT session_id FROM refresh_tokens GROUP BY session_id, generation HAVING COUNT(*) > 1",
  // The child may be missing of the last one only: it is stored when its answer is repeated.
  "a refresh token whose child is missing, but not its grandchild": `SELECT parent.hash FROM refresh_tokens parent
    JOIN refresh_tokens late ON late.session_id = parent.session_id AND late.generation > parent.generation
    LEFT JOIN refresh_tokens child ON child.hash = parent.child_hash WHERE child.hash IS NULL`,
  // Parents are deleted after many generations, the oldest first.
  "a refresh token that nobody was exchanged for": `SELECT child.hash FROM refresh_tokens child
    JOIN refresh_tokens early ON early.session_id = child.session_id AND early.generation < child.generation
    LEFT JOIN refresh_tokens parent ON parent.child_hash = child.hash WHERE parent.hash IS NULL`,
  "an item without its user":
    "SELECT items.id FROM items LEFT JOIN users ON users.id = user_id WHERE users.id IS NULL",
  "a throttle that ends before it blocks, or counts less than nothing":
    "SELECT hash FROM throttles WHERE attempts < 0 OR expires_at_ms < blocked_until_ms",
  "two events for one registration": `SELECT user_id FROM events WHERE type = 'registered'
    GROUP BY user_id HAVING COUNT(*) > 1`,
  "an event of a user or a session that was never stored": `SELECT events.id FROM events
    LEFT JOIN users ON users.id = events.user_id LEFT JOIN sessions ON sessions.id = events.session_id
    WHERE (type IN ('registered', 'logged_in') AND users.id IS NULL)
    OR (type = 'logged_in' AND (sessions.id IS NULL OR sessions.user_id <> events.user_id))`,
} as const;

/** The names of what is half written in a database that no account was deleted from. */
export async function halfWritten(databaseUrl: string): Promise<string[]> {
  const found: string[] = [];
  for (const [name, query] of Object.entries(HALF_WRITTEN))
    if ((await runSql(databaseUrl, query)).length > 0) found.push(name);
  return found;
}

/**
 * Expects that nothing is half written, and that what was confirmed is whole.
 * @param confirmed the emails of those who were told that they are registered
 */
export async function expectWhole(databaseUrl: string, confirmed: readonly string[]) {
  expect(await halfWritten(databaseUrl)).toEqual([]);
  const rows = await runSql(
    databaseUrl,
    `SELECT email FROM users JOIN events ON events.user_id = users.id AND type = 'registered'
     JOIN items ON items.user_id = users.id AND title = 'Foo'`,
  );
  // MySQL has bytes.
  const whole = new Set(rows.map((row) => String((row as { email: unknown }).email)));
  expect(confirmed.filter((email) => !whole.has(email))).toEqual([]);
}
