import { describe, expect, test } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { runSql } from "../testing/sql.ts";
import { openDb } from "./open.ts";

describe.each(ENGINES)("openDb on $name", (engine) => {
  test("runs the migrations once, even if several processes start at once", async () => {
    const url = await engine.emptyDatabase();
    const opened = await Promise.all(
      Array.from({ length: 5 }, () => openDb(url, { migrate: true })),
    );
    await Promise.all(opened.map((db) => db.close()));
    const again = await openDb(url, { migrate: true });
    expect(await again.users.findByEmail("a@b.c")).toBeUndefined();
    await again.close();
  });

  test("needs only one connection", async () => {
    const url = await engine.emptyDatabase();
    const single = url.startsWith("mysql:") ? `${url}?connectionLimit=1` : url;
    await (await openDb(single, { migrate: true })).close();
  });

  test("names the engine and its location, without the password", async () => {
    const db = await openDb(await engine.emptyDatabase(), { migrate: true });
    expect(db.name).toMatch(/^(SQLite, \/\S+\.db|MySQL, 127\.0\.0\.1:\d+\/test_\w+)$/);
    await db.close();
  });

  test("enforces foreign keys without migrating", async () => {
    const url = await engine.emptyDatabase();
    await (await openDb(url, { migrate: true })).close();
    const db = await openDb(url, { migrate: false });
    const token = {
      hash: "orphan",
      sessionId: "none",
      generation: 1,
      createdAtMs: 1,
      expiresAtMs: 2,
    };
    await db.refreshTokens.add(token);
    expect(await db.refreshTokens.listBefore("none", 2)).toEqual([]);
    await db.close();
  });

  test("runs the migrations that the journal does not contain", async () => {
    const url = await engine.emptyDatabase();
    await (await openDb(url, { migrate: true })).close();
    await runSql(url, "UPDATE tegata_migrations SET created_at = 1");
    // The migrations fail on the tables that they created before.
    await expect(openDb(url, { migrate: true })).rejects.toThrow(
      expect.objectContaining({
        cause: expect.objectContaining({ message: expect.stringContaining("already exists") }),
      }),
    );
  });

  test.each(["ALTER TABLE sessions DROP COLUMN user_agent", "DROP TABLE items"])(
    "fails after %s and says what to run",
    async (statement) => {
      const url = await engine.emptyDatabase();
      await (await openDb(url, { migrate: true })).close();
      await runSql(url, statement);
      await expect(openDb(url, { migrate: true })).rejects.toThrow(/npm run db:migrate/);
    },
  );

  test("fails without tables and says what to run", async () => {
    await expect(openDb(await engine.emptyDatabase(), { migrate: false })).rejects.toThrow(
      /npm run db:migrate/,
    );
  });
});
