/** The queries that find what is half written do find it. */
import { describe, expect, test } from "vitest";
import { openDb } from "../db/open.ts";
import { ENGINES } from "./engines.ts";
import { type HALF_WRITTEN, halfWritten } from "./integrity.ts";
import { runSql } from "./sql.ts";

const HASH = "x".repeat(60);
const user = (id: number, more: Record<string, string> = {}) =>
  insert("users", { id, email: `'${id}'`, password_hash: `'${HASH}'`, created_at_ms: 1, ...more });
const session = (id: string, more: Record<string, string | number> = {}) =>
  insert("sessions", {
    ...{ id: `'${id}'`, user_id: 1, client_id: "'x'", scope: "'x'" },
    ...{ created_at_ms: 1, last_used_at_ms: 1, expires_at_ms: 9, ...more },
  });
const token = (hash: string, generation: number, child?: string, used?: number) =>
  insert("refresh_tokens", {
    ...{ hash: `'${hash}'`, session_id: "'s'", generation, created_at_ms: 1, expires_at_ms: 9 },
    ...{ used_at_ms: used ?? (child ? 2 : "NULL"), child_hash: child ? `'${child}'` : "NULL" },
  });
const event = (type: string, userId: number | "NULL", sessionId = "NULL") =>
  insert("events", { at_ms: 1, type: `'${type}'`, user_id: userId, session_id: sessionId });

function insert(table: string, row: Record<string, string | number>): string {
  return `INSERT INTO ${table} (${Object.keys(row).join(", ")}) VALUES (${Object.values(row).join(", ")})`;
}

/** Rows that are half written, by what finds them. */
const PLANTED: Record<keyof typeof HALF_WRITTEN, string[][]> = {
  "a user whose hash is cut": [[user(2, { password_hash: "'x'" })]],
  "a username without the key that it is found by": [[user(2, { username: "'ada'" })]],
  "a session without its user": [[session("t", { user_id: 2 })]],
  "a session that was ended and goes on": [[session("t", { revoked_at_ms: 2 })]],
  "a refresh token without its session": [["DELETE FROM sessions", token("a", 1)]],
  "a refresh token that is used and has no child, or the other way round": [
    [token("a", 1, undefined, 2)],
  ],
  "two refresh tokens of one generation": [[token("a", 1), token("b", 1)]],
  "a refresh token whose child is missing, but not its grandchild": [
    [token("a", 1, "b"), token("c", 3)],
  ],
  "a refresh token that nobody was exchanged for": [[token("a", 1), token("b", 2)]],
  "an item without its user": [[insert("items", { user_id: 2, title: "'Foo'", created_at_ms: 1 })]],
  "a throttle that ends before it blocks, or counts less than nothing": [
    [insert("throttles", { hash: "'a'", attempts: -1, blocked_until_ms: 1, expires_at_ms: 2 })],
    [insert("throttles", { hash: "'a'", attempts: 1, blocked_until_ms: 2, expires_at_ms: 1 })],
  ],
  "two events for one registration": [[event("registered", 1), event("registered", 1)]],
  "an event of a user or a session that was never stored": [
    [event("registered", "NULL")],
    [event("logged_in", 1)],
    [user(2), event("logged_in", 2, "'s'")],
  ],
};

describe.each(ENGINES)("on $name", (engine) => {
  test("each of the queries finds its rows, and none finds rows that are whole", async () => {
    const url = await engine.emptyDatabase();
    await (await openDb(url, { migrate: true })).close();
    // Half of them are what foreign keys prevent.
    const off = url.startsWith("file:")
      ? "PRAGMA foreign_keys = OFF"
      : "SET SESSION foreign_key_checks = 0";
    const empty = ["events", "throttles", "items", "refresh_tokens", "sessions", "users"].map(
      (table) => `DELETE FROM ${table}`,
    );
    const whole = [user(1), session("s")];
    await runSql(
      url,
      off,
      ...whole,
      token("a", 1, "b"),
      token("b", 2, "c"),
      event("registered", 1),
    );
    expect(await halfWritten(url)).toEqual([]);
    for (const [name, plants] of Object.entries(PLANTED))
      for (const statements of plants) {
        await runSql(url, off, ...empty, ...whole, ...statements);
        expect(await halfWritten(url), name).toContain(name);
      }
  });
});
