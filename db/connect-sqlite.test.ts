import { createClient } from "@libsql/client";
import { describe, expect, test } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { openDb } from "./open.ts";

const user = { username: null, fullName: null, passwordHash: "x", createdAtMs: 1 };

describe("while another process has locked the SQLite file", () => {
  const [sqlite = expect.unreachable()] = ENGINES;

  test("reads continue, and writes wait until it is unlocked and are committed", async () => {
    const url = await sqlite.emptyDatabase();
    const db = await openDb(url, { migrate: true });
    await db.users.add({ ...user, email: "before@example.com" });

    const other = createClient({ url });
    const lock = await other.transaction("write");
    const waiting = Promise.all(
      ["during1@example.com", "during2@example.com"].map((email) =>
        db.users.add({ ...user, email }),
      ),
    );
    for (let i = 0; i < 5; i += 1) {
      expect(await db.users.findByEmail("before@example.com")).toBeDefined();
      await new Promise((done) => setTimeout(done, 100));
    }
    await lock.rollback();
    expect(await waiting).toMatchObject([{ is: "added" }, { is: "added" }]);
    await db.users.add({ ...user, email: "after@example.com" });

    const { rows } = await other.execute("SELECT email FROM users ORDER BY email");
    expect(rows.map(({ email }) => email)).toEqual([
      "after@example.com",
      "before@example.com",
      "during1@example.com",
      "during2@example.com",
    ]);
    await other.execute("DELETE FROM users");
    other.close();
    await db.close();
  });

  test("a write fails after a timeout, and later writes are still committed", async () => {
    const url = await sqlite.emptyDatabase();
    const db = await openDb(url, { migrate: true });
    const other = createClient({ url });
    const lock = await other.transaction("write");
    // Those that wait behind it do not get as much time again.
    const lost = Array.from({ length: 50 }, (_, i) =>
      db.users.add({ ...user, email: `lost${i}@example.com` }),
    );
    for (const { status } of await Promise.allSettled(lost)) expect(status).toBe("rejected");
    await lock.rollback();
    await db.users.add({ ...user, email: "kept@example.com" });
    const { rows } = await other.execute("SELECT email FROM users");
    expect(rows.map(({ email }) => email)).toEqual(["kept@example.com"]);
    // The new connection enforces foreign keys too.
    const token = {
      hash: "orphan",
      sessionId: "none",
      generation: 1,
      createdAtMs: 1,
      expiresAtMs: 2,
    };
    await db.refreshTokens.add(token);
    expect((await other.execute("SELECT hash FROM refresh_tokens")).rows).toEqual([]);
    other.close();
    await db.close();
  });
});
