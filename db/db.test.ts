import { readFileSync } from "node:fs";
import { createClient } from "@libsql/client";
import { createConnection } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { connect } from "./connect.ts";
import { type Db, openDb } from "./db.ts";

/** Says statements to a database behind the back of the service. */
async function say(url: string, ...statements: string[]): Promise<void> {
  if (url.startsWith("file:")) {
    const client = createClient({ url });
    for (const statement of statements) await client.execute(statement);
    client.close();
    return;
  }
  const connection = await createConnection(url);
  for (const statement of statements) await connection.query(statement);
  await connection.end();
}

describe.each(ENGINES)("the queries on $name", (engine) => {
  let db: Db;
  beforeAll(async () => {
    db = await openDb(await engine.emptyDatabase(), { migrate: true });
  });
  afterAll(() => db.close());

  const ada = {
    email: "ada@example.com",
    username: "ada",
    fullName: "Ada 😀 Lovelace",
    passwordHash: "$2b$04$hash",
    createdAtMs: 1_790_000_000_123,
  };
  const add = async (more: Partial<typeof ada>) => {
    const added = await db.users.add({ ...ada, ...more });
    if (added.is !== "added") throw new Error(`${added.column} is taken`);
    return added.id;
  };

  test("a user comes back as it went in, to the last code point and millisecond", async () => {
    const id = await add({});
    const stored = { ...ada, id, disabled: false };
    expect(await db.users.findByEmail(ada.email)).toEqual(stored);
    expect(await db.users.findByUsername(ada.username)).toEqual(stored);
  });

  test("an email and a username can be taken once, and the answer says which", async () => {
    const other = { email: "other@example.com", username: "other" };
    expect(await db.users.add({ ...ada, ...other, email: ada.email })).toEqual({
      is: "taken",
      column: "email",
    });
    expect(await db.users.add({ ...ada, ...other, username: ada.username })).toEqual({
      is: "taken",
      column: "username",
    });
  });

  test("a value that reads like the end of an error message does not change which index it names", async () => {
    const email = "x' for key 'users_username'";
    await add({ email, username: "quoted" });
    expect(await db.users.add({ ...ada, email, username: "quoted2" })).toEqual({
      is: "taken",
      column: "email",
    });
  });

  test("any number of users may have no username", async () => {
    const without = { ...ada, username: null };
    for (const email of ["no1@example.com", "no2@example.com"])
      expect(await db.users.add({ ...without, email })).toMatchObject({ is: "added" });
  });

  test.each(["Ada", "àda", "ADA", "ada\u200d", "ada "])(
    "%j is not ada: text is compared byte by byte",
    async (name) => {
      expect(await db.users.findByUsername(name)).toBeUndefined();
      expect(await db.users.findByEmail(`${name}@example.com`)).toBeUndefined();
    },
  );

  test("a space at the end makes another name, which is not taken", async () => {
    const other = { ...ada, email: "space@example.com", username: "ada " };
    expect(await db.users.add(other)).toMatchObject({ is: "added" });
    expect(await db.users.findByUsername("ada ")).toMatchObject({ email: "space@example.com" });
    expect(await db.users.findByUsername("ada")).toMatchObject({ email: ada.email });
  });

  test("what breaks another rule than a unique index is an error, and nothing is taken", async () => {
    const broken = { ...ada, email: null as never, username: null };
    await expect(db.users.add(broken)).rejects.toThrow();
  });

  test("an object in place of a text never becomes SQL", async () => {
    await add({ email: "object@example.com", username: "object" });
    const object = { email: 1 } as never;
    expect(await db.users.findByEmail(object).catch(() => undefined)).toBeUndefined();
  });

  test("of twenty equal registrations at once, one is added", async () => {
    const email = "race@example.com";
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) => db.users.add({ ...ada, email, username: `racer${i}` })),
    );
    expect(results.filter(({ is }) => is === "added")).toHaveLength(1);
    expect(results.filter((r) => r.is === "taken" && r.column === "email")).toHaveLength(19);
  });

  test("a hash is replaced only where it is still the one that was read", async () => {
    const id = await add({ email: "hash@example.com", username: "hash" });
    const wins = await Promise.all(
      Array.from({ length: 10 }, (_, i) => db.users.replaceHash(id, ada.passwordHash, `new${i}`)),
    );
    expect(wins.filter(Boolean)).toHaveLength(1);
    expect((await db.users.findByEmail("hash@example.com"))?.passwordHash).toBe(
      `new${wins.indexOf(true)}`,
    );
  });

  test("disabling says whether it changed something", async () => {
    const id = await add({ email: "off@example.com", username: "off" });
    expect(await db.users.setDisabled(id, true)).toBe(true);
    expect(await db.users.setDisabled(id, true)).toBe(false);
    expect(await db.users.findByEmail("off@example.com")).toMatchObject({ disabled: true });
    expect(await db.users.setDisabled(id, false)).toBe(true);
  });

  describe("sessions", () => {
    const nowMs = 1_790_000_000_000;
    let userId: number;
    beforeAll(async () => {
      userId = await add({ email: "in@example.com", username: "in" });
    });
    const session = (more: object = {}) => ({
      id: Math.random().toString(36).slice(2),
      userId,
      clientId: "tegata",
      scope: "me",
      userAgent: "a browser 😀",
      createdAtMs: nowMs,
      lastUsedAtMs: nowMs,
      expiresAtMs: nowMs + 1000,
      ...more,
    });

    test("come back with their user as they are now", async () => {
      const one = session();
      expect(await db.sessions.addForUser(one, ada.passwordHash)).toBe(true);
      const user = await db.users.findByEmail("in@example.com");
      expect(await db.sessions.find(one.id)).toEqual({
        session: { ...one, revokedAtMs: null },
        user,
      });
      expect(await db.sessions.find(one.id.toUpperCase())).toBeUndefined();
      expect(await db.sessions.find(`${one.id} `)).toBeUndefined();
    });

    test("are not added when the hash is another, the user disabled or gone", async () => {
      expect(await db.sessions.addForUser(session(), "another hash")).toBe(false);
      expect(await db.sessions.addForUser(session({ userId: 987_654 }), ada.passwordHash)).toBe(
        false,
      );
      await db.users.setDisabled(userId, true);
      expect(await db.sessions.addForUser(session(), ada.passwordHash)).toBe(false);
      await db.users.setDisabled(userId, false);
    });

    test("of a client have no user", async () => {
      const own = { ...session(), userId: null };
      await db.sessions.add(own);
      expect(await db.sessions.find(own.id)).toMatchObject({
        session: { userId: null },
        user: null,
      });
    });

    test("are revoked by one of many, while they live", async () => {
      const one = session();
      await db.sessions.addForUser(one, ada.passwordHash);
      const revoke = () => db.sessions.revoke(one.id, nowMs + 5);
      const wins = await Promise.all(Array.from({ length: 10 }, revoke));
      expect(wins.filter(Boolean)).toHaveLength(1);
      expect(await db.sessions.find(one.id)).toMatchObject({ session: { revokedAtMs: nowMs + 5 } });
      const over = session();
      await db.sessions.addForUser(over, ada.passwordHash);
      expect(await db.sessions.revoke(over.id, nowMs + 1000)).toBe(false);
    });

    test("are listed, revoked and kept for their user alone", async () => {
      const [mine, theirs] = [
        await add({ email: "mine@example.com", username: "mine" }),
        await add({ email: "theirs@example.com", username: "theirs" }),
      ];
      const make = async (owner: number, lastUsedAtMs: number) => {
        const one = session({ userId: owner, lastUsedAtMs });
        await db.sessions.addForUser(one, ada.passwordHash);
        return one.id;
      };
      const [a, b, c] = [await make(mine, 1), await make(mine, 3), await make(mine, 2)];
      const other = await make(theirs, 1);
      const listed = async (owner: number) =>
        (await db.sessions.list(owner, nowMs)).map(({ id }) => id);
      expect(await listed(mine)).toEqual([b, c, a]);
      expect(await db.sessions.revokeOf(mine, other, nowMs)).toBe(false);
      expect(await db.sessions.revokeOf(mine, c, nowMs)).toBe(true);
      expect(await db.sessions.revokeOf(mine, c, nowMs)).toBe(false);
      expect(await listed(mine)).toEqual([b, a]);
      expect(await db.sessions.revokeOthers(mine, a, nowMs)).toBe(1);
      expect(await listed(mine)).toEqual([a]);
      expect(await listed(theirs)).toEqual([other]);
      await db.sessions.touch(a, nowMs + 9);
      expect(await db.sessions.find(a)).toMatchObject({ session: { lastUsedAtMs: nowMs + 9 } });
      expect(await db.sessions.list(mine, nowMs + 1000)).toEqual([]);
    });

    test("that are over are removed with their refresh tokens, and no others", async () => {
      const [over, alive] = [session({ expiresAtMs: 10 }), session({ expiresAtMs: 11 })];
      for (const one of [over, alive]) {
        await db.sessions.addForUser(one, ada.passwordHash);
        const token = { hash: one.id, sessionId: one.id, createdAtMs: 1, expiresAtMs: 20 };
        await db.refreshTokens.add(token);
      }
      expect(await db.sessions.removeExpired(10)).toBe(1);
      expect(await db.sessions.find(over.id)).toBeUndefined();
      expect(await db.refreshTokens.find(over.id)).toBeUndefined();
      expect(await db.refreshTokens.find(alive.id)).toBeDefined();
    });

    test("keep a refresh token that one of many spends", async () => {
      const one = session();
      await db.sessions.addForUser(one, ada.passwordHash);
      const token = { hash: "h".repeat(43), sessionId: one.id, createdAtMs: 1, expiresAtMs: 2 };
      expect(await db.refreshTokens.add(token)).toBe(true);
      expect(await db.refreshTokens.add(token)).toBe(false);
      const unspent = { ...token, usedAtMs: null, childHash: null };
      expect(await db.refreshTokens.find(token.hash)).toMatchObject({
        token: unspent,
        session: one,
      });
      const wins = await Promise.all(
        Array.from({ length: 20 }, (_, i) => db.refreshTokens.spend(token.hash, `child${i}`, 5)),
      );
      expect(wins.filter(Boolean)).toHaveLength(1);
      const childHash = `child${wins.indexOf(true)}`;
      expect(await db.refreshTokens.find(token.hash)).toMatchObject({
        token: { usedAtMs: 5, childHash },
      });
      expect(await db.refreshTokens.spend("no such token", "x", 5)).toBe(false);
    });

    test("a refresh token needs its session", async () => {
      const token = { hash: "orphan", sessionId: "none", createdAtMs: 1, expiresAtMs: 2 };
      await expect(db.refreshTokens.add(token)).rejects.toThrow();
    });
  });

  test("clients come back, are found by their id alone, and go", async () => {
    const client = { id: "api", secretHash: "x", grants: "a b", scopes: "c d", createdAtMs: 1 };
    expect(await db.clients.add(client)).toBe(true);
    expect(await db.clients.add({ ...client, secretHash: null })).toBe(false);
    expect(await db.clients.find("api")).toEqual(client);
    expect(await db.clients.find("API")).toBeUndefined();
    await db.clients.add({ ...client, id: "a-first", secretHash: null });
    expect((await db.clients.list()).map(({ id }) => id)).toEqual(["a-first", "api"]);
    expect(await db.clients.remove("api")).toBe(true);
    expect(await db.clients.remove("api")).toBe(false);
  });
});

describe.each(ENGINES)("opening on $name", (engine) => {
  test("the migrations run once, however often and by however many at once it is opened", async () => {
    const url = await engine.emptyDatabase();
    const opened = await Promise.all(
      Array.from({ length: 5 }, () => openDb(url, { migrate: true })),
    );
    await Promise.all(opened.map((db) => db.close()));
    const again = await openDb(url, { migrate: true });
    expect(await again.users.findByEmail("a@b.c")).toBeUndefined();
    await again.close();
  });

  test("it opens over a single connection too", async () => {
    const url = await engine.emptyDatabase();
    const single = url.startsWith("mysql:") ? `${url}?connectionLimit=1` : url;
    await (await openDb(single, { migrate: true })).close();
  });

  test("it says which it is and where, and no password", async () => {
    const db = await openDb(await engine.emptyDatabase(), { migrate: true });
    expect(db.name).toMatch(/^(SQLite, \/\S+\.db|MySQL, 127\.0\.0\.1:\d+\/test_\w+)$/);
    await db.close();
  });

  test("a reference holds also where nothing was migrated", async () => {
    const url = await engine.emptyDatabase();
    await (await openDb(url, { migrate: true })).close();
    const db = await openDb(url, { migrate: false });
    const token = { hash: "orphan", sessionId: "none", createdAtMs: 1, expiresAtMs: 2 };
    await expect(db.refreshTokens.add(token)).rejects.toThrow();
    await db.close();
  });

  test("migrations that its journal does not name are run", async () => {
    const url = await engine.emptyDatabase();
    await (await openDb(url, { migrate: true })).close();
    await say(url, "UPDATE __drizzle_migrations SET created_at = 1");
    // They meet the tables that they made themselves.
    await expect(openDb(url, { migrate: true })).rejects.toThrow(
      expect.objectContaining({
        cause: expect.objectContaining({ message: expect.stringContaining("already exists") }),
      }),
    );
  });

  test.each(["ALTER TABLE sessions DROP COLUMN revoked_at_ms", "DROP TABLE items"])(
    "after %s it does not open, and says how that is mended",
    async (statement) => {
      const url = await engine.emptyDatabase();
      await (await openDb(url, { migrate: true })).close();
      await say(url, statement);
      await expect(openDb(url, { migrate: true })).rejects.toThrow(/npm run db:migrate/);
    },
  );

  test("without its tables it does not open, and says how they are made", async () => {
    await expect(openDb(await engine.emptyDatabase(), { migrate: false })).rejects.toThrow(
      /npm run db:migrate/,
    );
  });
});

describe("a SQLite file that another process has locked", () => {
  test("takes what was asked for once it is free, and others see it", async () => {
    const url = await (ENGINES[0] ?? expect.unreachable()).emptyDatabase();
    const db = await openDb(url, { migrate: true });
    const user = { username: null, fullName: null, passwordHash: "x", createdAtMs: 1 };
    await db.users.add({ ...user, email: "before@example.com" });

    const other = createClient({ url });
    const lock = await other.transaction("write");
    const waiting = Promise.all(
      ["during1@example.com", "during2@example.com"].map((email) =>
        db.users.add({ ...user, email }),
      ),
    );
    // Reading goes on meanwhile.
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

  test("is given up for in the end, and what comes later is kept all the same", async () => {
    const url = await (ENGINES[0] ?? expect.unreachable()).emptyDatabase();
    const db = await openDb(url, { migrate: true });
    const user = { username: null, fullName: null, passwordHash: "x", createdAtMs: 1 };
    const other = createClient({ url });
    const lock = await other.transaction("write");
    await expect(db.users.add({ ...user, email: "lost@example.com" })).rejects.toThrow();
    await lock.rollback();
    await db.users.add({ ...user, email: "kept@example.com" });
    const { rows } = await other.execute("SELECT email FROM users");
    expect(rows.map(({ email }) => email)).toEqual(["kept@example.com"]);
    // The foreign keys hold on the new connection too.
    const token = { hash: "orphan", sessionId: "none", createdAtMs: 1, expiresAtMs: 2 };
    await expect(db.refreshTokens.add(token)).rejects.toThrow();
    other.close();
    await db.close();
  });
});

describe.runIf(inject("mariadb"))("the words and locks of MySQL", () => {
  const [, mariadb = expect.unreachable()] = ENGINES;

  test.each(["users_email", "users.users_email"])(
    "an error that ends with %s names the index of the emails",
    async (key) => {
      const connection = await connect(await mariadb.emptyDatabase());
      onTestFinished(() => connection.close());
      const message = `Duplicate entry 'x' for key 'users_username'' for key '${key}'`;
      const cause = Object.assign(new Error(message), { code: "ER_DUP_ENTRY" });
      expect(connection.brokenUnique(new Error("Failed query", { cause }))).toBe("users_email");
    },
  );

  test("who waited for another to migrate looks at the database as it is then", async () => {
    const url = await mariadb.emptyDatabase();
    const other = await createConnection(url);
    await other.query("SELECT GET_LOCK('tegata_migrate', 0)");
    const opening = openDb(url, { migrate: true });
    const waiting =
      "SELECT 1 FROM information_schema.processlist WHERE state = 'User lock' AND db = DATABASE()";
    await vi.waitFor(async () => expect((await other.query(waiting))[0]).toHaveLength(1), 30_000);
    const migration = readFileSync("db/migrations/mysql/0000_first.sql", "utf8");
    for (const statement of migration.split("--> statement-breakpoint"))
      await other.query(statement);
    await other.end();
    await (await opening).close();
  });
});

describe.runIf(inject("mariadb"))("a statement that MariaDB gives up for another", () => {
  test("is said again, and done", async () => {
    const [, mariadb = expect.unreachable()] = ENGINES;
    const url = await mariadb.emptyDatabase();
    const db = await openDb(url, { migrate: true });
    const user = { email: "a@b.c", username: null, fullName: null, createdAtMs: 1 };
    const added = await db.users.add({ ...user, passwordHash: "x" });
    const userId = added.is === "added" ? added.id : expect.unreachable();
    const common = { clientId: "tegata", scope: "me", userAgent: null, createdAtMs: 1 };
    for (const id of ["a", "b", "kept"])
      await db.sessions.addForUser(
        { ...common, id, userId, lastUsedAtMs: 1, expiresAtMs: 100 },
        "x",
      );
    // The other one holds b and, while ours holds a and waits for b, asks for a. It has written more: ours is given up.
    const other = await createConnection(url);
    await other.query("BEGIN");
    await other.query("UPDATE sessions SET last_used_at_ms = 2 WHERE id = 'b'");
    for (let i = 0; i < 50; i += 1)
      await other.query("INSERT INTO clients VALUES (?, NULL, 'x', 'x', 1)", [`weight${i}`]);
    const ours = db.sessions.revokeOthers(userId, "kept", 5);
    await new Promise((done) => setTimeout(done, 300));
    await other.query("UPDATE sessions SET last_used_at_ms = 2 WHERE id = 'a'");
    await other.query("COMMIT");
    expect(await ours).toBe(2);
    const [rows] = await other.query("SHOW ENGINE INNODB STATUS");
    expect((rows as { Status: string }[])[0]?.Status).toContain("LATEST DETECTED DEADLOCK");
    await other.end();
    await db.close();
  });
});

describe.runIf(inject("mariadb"))("a MySQL without strict mode", () => {
  const server = new URL(inject("mariadb") ?? "mysql://nowhere");
  const asRoot = async (...statements: string[]) => {
    const connection = await createConnection(server.href);
    for (const statement of statements) await connection.query(statement);
    await connection.end();
  };
  // init_connect passes root by: the other tests on this server keep their strict mode.
  beforeAll(() =>
    asRoot(
      "CREATE USER lax@'%' IDENTIFIED BY 'lax'",
      "GRANT ALL ON mysql.* TO lax@'%'",
      "SET GLOBAL init_connect = \"SET sql_mode = ''\"",
    ),
  );
  afterAll(() => asRoot("SET GLOBAL init_connect = ''", "DROP USER lax@'%'"));

  test("is refused by the name of the setting", async () => {
    const url = `mysql://lax:lax@${server.host}/mysql`;
    await expect(openDb(url, { migrate: false })).rejects.toThrow(/^DATABASE_URL: .*strict mode/);
  });
});
