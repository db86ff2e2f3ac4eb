/** Refresh tokens and uses of sessions that are written at the same time, and so in the same statements. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { type Db, openDb } from "./open.ts";

const NOW = 1_790_000_000_000;
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

describe.each(ENGINES)("writes that come together on $name", (engine) => {
  let db: Db;
  beforeAll(async () => {
    db = await openDb(await engine.emptyDatabase(), { migrate: true });
    const user = { username: null, fullName: null, passwordHash: "hash", createdAtMs: 1 };
    await db.users.add({ ...user, email: "a@example.com" });
    for (const i of upTo(40)) await addSession(`s${i}`);
  });
  afterAll(() => db.close());

  const addSession = (id: string) =>
    db.sessions.addForUser(
      {
        id,
        userId: 1,
        clientId: "tegata",
        scope: "me",
        userAgent: null,
        createdAtMs: NOW,
        lastUsedAtMs: NOW,
        expiresAtMs: NOW + 1000,
      },
      "hash",
    );
  const tokenOf = (sessionId: string, hash: string, generation = 1) => ({
    hash,
    sessionId,
    generation,
    createdAtMs: NOW,
    expiresAtMs: NOW + 500,
  });

  test("every token is added to its own session", async () => {
    await Promise.all(upTo(40).map((i) => db.refreshTokens.add(tokenOf(`s${i}`, `each${i}`, i))));
    const found = await Promise.all(upTo(40).map((i) => db.refreshTokens.find(`each${i}`)));
    expect(found.map((one) => one?.token)).toEqual(
      upTo(40).map((i) => ({
        ...tokenOf(`s${i}`, `each${i}`, i),
        usedAtMs: null,
        childHash: null,
      })),
    );
    expect(found.map((one) => one?.session.id)).toEqual(upTo(40).map((i) => `s${i}`));
  });

  test("a token that exists, or whose session is gone, changes nothing for the others", async () => {
    await db.refreshTokens.add(tokenOf("s0", "first"));
    const others = upTo(12).map((i) => tokenOf(`s${i}`, `other${i}`));
    await Promise.all([
      ...others.slice(0, 6).map(db.refreshTokens.add),
      db.refreshTokens.add(tokenOf("s0", "first", 7)),
      db.refreshTokens.add(tokenOf("gone", "orphan")),
      ...others.slice(6).map(db.refreshTokens.add),
      db.refreshTokens.add(tokenOf("s1", "twice", 1)),
      db.refreshTokens.add(tokenOf("s1", "twice", 2)),
    ]);
    for (const { hash } of others) expect(await db.refreshTokens.find(hash)).toBeDefined();
    expect(await db.refreshTokens.find("first")).toMatchObject({ token: { generation: 1 } });
    expect(await db.refreshTokens.find("twice")).toBeDefined();
    expect(await db.refreshTokens.find("orphan")).toBeUndefined();
  });

  test("the use of each session is recorded, with that of the browser that has opened it", async () => {
    await Promise.all(
      upTo(20).map((i) => {
        const parentId = i % 2 ? `s${i + 20}` : null;
        return db.sessions.touch({ id: `s${i}`, parentId }, NOW + 9);
      }),
    );
    const found = await Promise.all(upTo(40).map((i) => db.sessions.find(`s${i}`)));
    const isUsed = (i: number) => i < 20 || i % 2 === 1;
    expect(found.map((one) => one?.session.lastUsedAtMs)).toEqual(
      upTo(40).map((i) => NOW + (isUsed(i) ? 9 : 0)),
    );
  });
});
