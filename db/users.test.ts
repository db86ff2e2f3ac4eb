import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { type Db, openDb } from "./open.ts";

describe.each(ENGINES)("users on $name", (engine) => {
  let db: Db;
  beforeAll(async () => {
    db = await openDb(await engine.emptyDatabase(), { migrate: true });
  });
  afterAll(() => db.close());

  const ada = {
    email: "ada@example.com",
    username: "ada",
    usernameKey: "ada",
    fullName: "Ada 😀 Lovelace",
    passwordHash: "$2b$04$hash",
    createdAtMs: 1_790_000_000_123,
  };
  const add = async (more: Partial<typeof ada>) => {
    const added = await db.users.add({ ...ada, ...more });
    if (added.is !== "added") throw new Error(`${added.column} is taken`);
    return added.id;
  };

  test("a user is returned exactly as it was added, including emojis and milliseconds", async () => {
    const id = await add({});
    const unproved = { emailVerifiedAtMs: null, emailChangedAtMs: null };
    const stored = { ...ada, id, disabled: false, ...unproved };
    expect(await db.users.findByEmail(ada.email)).toEqual(stored);
    expect(await db.users.findByUsernameKey([ada.username])).toEqual(stored);
  });

  test("an email and a username are unique, and the result says which one is taken", async () => {
    const other = { email: "other@example.com", username: "Other", usernameKey: "other" };
    expect(await db.users.add({ ...ada, ...other, email: ada.email })).toEqual({
      is: "taken",
      column: "email",
    });
    expect(await db.users.add({ ...ada, ...other, usernameKey: "ada" })).toEqual({
      is: "taken",
      column: "username",
    });
  });

  test("a value that looks like the end of an error message does not change the reported column", async () => {
    const email = "x' for key 'users_username'";
    await add({ email, username: "quoted", usernameKey: "quoted" });
    expect(
      await db.users.add({ ...ada, email, username: "quoted2", usernameKey: "quoted2" }),
    ).toEqual({
      is: "taken",
      column: "email",
    });
  });

  test("any number of users may have no username", async () => {
    const without = { ...ada, username: null, usernameKey: null };
    for (const email of ["no1@example.com", "no2@example.com"])
      expect(await db.users.add({ ...without, email })).toMatchObject({ is: "added" });
  });

  test.each(["Ada", "àda", "ADA", "ada\u200d", "ada "])(
    "%j does not match ada, because text is compared byte by byte",
    async (name) => {
      expect(await db.users.findByUsernameKey([name])).toBeUndefined();
      expect(await db.users.findByEmail(`${name}@example.com`)).toBeUndefined();
    },
  );

  test("a username with a trailing space is a different username", async () => {
    const other = { ...ada, email: "space@example.com", username: "ada ", usernameKey: "ada " };
    expect(await db.users.add(other)).toMatchObject({ is: "added" });
    expect(await db.users.findByUsernameKey(["ada "])).toMatchObject({
      email: "space@example.com",
    });
    expect(await db.users.findByUsernameKey(["ada"])).toMatchObject({ email: ada.email });
  });

  test("violating any other constraint throws an error", async () => {
    const broken = { ...ada, email: null as never, usernameKey: "broken" };
    await expect(db.users.add(broken)).rejects.toThrow();
  });

  test("an object passed instead of a string does not become SQL", async () => {
    await add({ email: "object@example.com", username: "object", usernameKey: "object" });
    const object = { email: 1 } as never;
    expect(await db.users.findByEmail(object).catch(() => undefined)).toBeUndefined();
  });

  test("only one of 20 concurrent registrations with the same email is added", async () => {
    const email = "race@example.com";
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        db.users.add({ ...ada, email, username: "r", usernameKey: `racer${i}` }),
      ),
    );
    expect(results.filter(({ is }) => is === "added")).toHaveLength(1);
    expect(results.filter((r) => r.is === "taken" && r.column === "email")).toHaveLength(19);
  });

  test("a hash is replaced only if it has not changed since it was read", async () => {
    const id = await add({ email: "hash@example.com", username: "hash", usernameKey: "hash" });
    const wins = await Promise.all(
      Array.from({ length: 10 }, (_, i) => db.users.replaceHash(id, ada.passwordHash, `new${i}`)),
    );
    expect(wins.filter(Boolean)).toHaveLength(1);
    expect((await db.users.findByEmail("hash@example.com"))?.passwordHash).toBe(
      `new${wins.indexOf(true)}`,
    );
  });

  test("disabling returns whether it changed the user", async () => {
    const id = await add({ email: "off@example.com", username: "off", usernameKey: "off" });
    expect(await db.users.setDisabled(id, true)).toBe(true);
    expect(await db.users.setDisabled(id, true)).toBe(false);
    expect(await db.users.findByEmail("off@example.com")).toMatchObject({ disabled: true });
    expect(await db.users.setDisabled(id, false)).toBe(true);
  });
});
