import { expect, onTestFinished, test } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { openDb } from "./open.ts";

test.each(ENGINES)(
  "items on $name are listed and removed for their own user only",
  async (engine) => {
    const db = await openDb(await engine.emptyDatabase(), { migrate: true });
    onTestFinished(() => db.close());
    const addUser = async (email: string) => {
      const user = { email, username: null, fullName: null, passwordHash: "x", createdAtMs: 1 };
      const added = await db.users.add(user);
      return added.is === "added" ? added.id : expect.unreachable();
    };
    const [mine, theirs] = [await addUser("mine@example.com"), await addUser("theirs@example.com")];
    const add = (userId: number, title: string) => db.items.add({ userId, title, createdAtMs: 1 });
    const first = await add(mine, "first 😀");
    const other = await add(theirs, "other");
    const second = await add(mine, "second");
    const listed = async (userId: number, after = 0, limit = 10) =>
      (await db.items.list(userId, { after, limit })).map(({ id }) => id);

    expect((await db.items.list(mine, { after: 0, limit: 1 }))[0]).toEqual({
      id: first,
      userId: mine,
      title: "first 😀",
      createdAtMs: 1,
    });
    expect(await listed(mine)).toEqual([first, second]);
    expect(await listed(mine, 0, 1)).toEqual([first]);
    expect(await listed(mine, first)).toEqual([second]);
    expect(await db.items.remove(mine, other)).toBe(false);
    expect(await db.items.remove(mine, first)).toBe(true);
    expect(await db.items.remove(mine, first)).toBe(false);
    expect(await listed(mine)).toEqual([second]);
    expect(await listed(theirs)).toEqual([other]);

    // Its account is deleted at the same time: nothing is stored, and nothing fails.
    expect(await add(mine + theirs, "of nobody")).toBe(0);
    expect(await listed(mine + theirs)).toEqual([]);
  },
);
