import { createConnection } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { type Db, openDb } from "./db.ts";

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

  test.each(["Ada", "àda", "ADA", "ada\u200d"])(
    "%j is not ada: text is compared byte by byte",
    async (name) => {
      expect(await db.users.findByUsername(name)).toBeUndefined();
      expect(await db.users.findByEmail(`${name}@example.com`)).toBeUndefined();
    },
  );

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

  test("a session comes back with its user as they are now", async () => {
    const userId = await add({ email: "in@example.com", username: "in" });
    const session = { id: "s".repeat(22), userId, clientId: "tegata", createdAtMs: 1 };
    await db.sessions.add(session);
    await db.users.setDisabled(userId, true);
    expect(await db.sessions.find(session.id)).toMatchObject({
      session: { ...session, revokedAtMs: null },
      user: { id: userId, disabled: true },
    });
    expect(await db.sessions.find("S".repeat(22))).toBeUndefined();
  });

  test("of many who revoke a session, one does", async () => {
    const userId = await add({ email: "out@example.com", username: "out" });
    await db.sessions.add({ id: "revoked", userId, clientId: "tegata", createdAtMs: 1 });
    const wins = await Promise.all(
      Array.from({ length: 10 }, () => db.sessions.revoke("revoked", 2)),
    );
    expect(wins.filter(Boolean)).toHaveLength(1);
    expect(await db.sessions.find("revoked")).toMatchObject({ session: { revokedAtMs: 2 } });
  });

  test("a session needs its user", async () => {
    const orphan = { id: "orphan", userId: 987_654_321, clientId: "tegata", createdAtMs: 1 };
    await expect(db.sessions.add(orphan)).rejects.toThrow();
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

  test("without its tables it does not open, and says how they are made", async () => {
    await expect(openDb(await engine.emptyDatabase(), { migrate: false })).rejects.toThrow(
      /npm run db:migrate/,
    );
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
