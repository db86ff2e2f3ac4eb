import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { type Db, openDb } from "./open.ts";

const NOW = 1_790_000_000_000;
const HASH = "$2b$04$hash";

describe.each(ENGINES)("sessions and refresh tokens on $name", (engine) => {
  let db: Db;
  let userId: number;
  beforeAll(async () => {
    db = await openDb(await engine.emptyDatabase(), { migrate: true });
    userId = await addUser("in@example.com");
  });
  afterAll(() => db.close());

  const addUser = async (email: string) => {
    const user = { email, username: null, fullName: null, passwordHash: HASH, createdAtMs: 1 };
    const added = await db.users.add(user);
    return added.is === "added" ? added.id : expect.unreachable();
  };
  const session = (more: object = {}) => ({
    id: Math.random().toString(36).slice(2),
    userId,
    clientId: "tegata",
    scope: "me",
    userAgent: "a browser 😀",
    createdAtMs: NOW,
    lastUsedAtMs: NOW,
    expiresAtMs: NOW + 1000,
    browser: true,
    parentId: null,
    authTimeMs: NOW - 7,
    amr: "pwd",
    ...more,
  });
  const add = async (more: object = {}) => {
    const one = session(more);
    expect(await db.sessions.addForUser(one, HASH)).toBe(true);
    return one.id;
  };
  const listed = async (owner: number) => (await db.sessions.list(owner, NOW)).map(({ id }) => id);

  test("a session is returned with its user", async () => {
    const one = session();
    expect(await db.sessions.addForUser(one, HASH)).toBe(true);
    const user = await db.users.findByEmail("in@example.com");
    expect(await db.sessions.find(one.id)).toEqual({
      session: { ...one, revokedAtMs: null },
      user,
    });
    expect(await db.sessions.find(one.id.toUpperCase())).toBeUndefined();
    expect(await db.sessions.find(`${one.id} `)).toBeUndefined();
  });

  test("the owner of a token comes without secrets", async () => {
    const id = await add({ scope: "me items" });
    const owner = await db.sessions.findOwner(id);
    expect(owner?.user).toEqual({
      id: userId,
      email: "in@example.com",
      username: null,
      fullName: null,
      disabled: false,
      createdAtMs: 1,
      emailVerifiedAtMs: null,
    });
    expect(owner?.session).toMatchObject({ id, scope: "me items", revokedAtMs: null });
  });

  test("a session is not added if the hash has changed, or the user is disabled or missing", async () => {
    expect(await db.sessions.addForUser(session(), "another hash")).toBe(false);
    expect(await db.sessions.addForUser(session({ userId: 987_654 }), HASH)).toBe(false);
    await db.users.setDisabled(userId, true);
    expect(await db.sessions.addForUser(session(), HASH)).toBe(false);
    await db.users.setDisabled(userId, false);
  });

  test("a session of a client that acts on its own behalf has no user", async () => {
    const own = { ...session(), userId: null };
    await db.sessions.add(own);
    expect(await db.sessions.find(own.id)).toMatchObject({ session: { userId: null }, user: null });
  });

  test("only one of many concurrent calls revokes a session", async () => {
    const id = await add();
    const revoke = () => db.sessions.revoke({ id }, NOW + 5);
    const counts = await Promise.all(Array.from({ length: 10 }, revoke));
    expect(counts.toSorted()).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    expect(await db.sessions.find(id)).toMatchObject({ session: { revokedAtMs: NOW + 5 } });
  });

  test("an expired session is not revoked", async () => {
    const id = await add();
    expect(await db.sessions.revoke({ id }, NOW + 1000)).toBe(0);
    expect(await db.sessions.find(id)).toMatchObject({ session: { revokedAtMs: null } });
  });

  test("sessions are listed and revoked for their own user only", async () => {
    const [mine, theirs] = [await addUser("mine@example.com"), await addUser("theirs@example.com")];
    const a = await add({ userId: mine, lastUsedAtMs: 1 });
    const b = await add({ userId: mine, lastUsedAtMs: 3 });
    const c = await add({ userId: mine, lastUsedAtMs: 2 });
    const other = await add({ userId: theirs, lastUsedAtMs: 1 });
    expect(await listed(mine)).toEqual([b, c, a]);
    expect(await db.sessions.revoke({ id: other, userId: mine }, NOW)).toBe(0);
    expect(await db.sessions.revoke({ id: c, userId: mine }, NOW)).toBe(1);
    expect(await db.sessions.revoke({ id: c, userId: mine }, NOW)).toBe(0);
    expect(await listed(mine)).toEqual([b, a]);
    expect(await db.sessions.revoke({ userId: mine, exceptIds: [a] }, NOW)).toBe(1);
    expect(await listed(mine)).toEqual([a]);
    expect(await listed(theirs)).toEqual([other]);
    await db.sessions.touch({ id: a, parentId: null }, NOW + 9);
    expect(await db.sessions.find(a)).toMatchObject({ session: { lastUsedAtMs: NOW + 9 } });
    expect(await db.sessions.list(mine, NOW + 1000)).toEqual([]);
  });

  test("the sessions of a client are revoked, and are over from then on", async () => {
    const clientId = "removed-client";
    const ofUser = await add({ clientId });
    const own = { ...session({ clientId }), userId: null };
    await db.sessions.add(own);
    const [similar, unrelated] = [await add({ clientId: "Removed-Client" }), await add()];
    expect(await db.sessions.revoke({ clientId }, NOW + 5)).toBe(2);
    expect(await db.sessions.revoke({ clientId }, NOW + 6)).toBe(0);
    for (const id of [ofUser, own.id])
      expect(await db.sessions.find(id)).toMatchObject({
        session: { revokedAtMs: NOW + 5, expiresAtMs: NOW + 5 },
      });
    for (const id of [similar, unrelated])
      expect(await db.sessions.find(id)).toMatchObject({ session: { revokedAtMs: null } });
  });

  test("sessions that are over for long enough are listed, and removed with their refresh tokens", async () => {
    const [expired, active] = [await add({ expiresAtMs: 10 }), await add({ expiresAtMs: 11 })];
    for (const id of [expired, active])
      await db.refreshTokens.add({
        hash: id,
        sessionId: id,
        generation: 1,
        createdAtMs: 1,
        expiresAtMs: 20,
      });
    expect(await db.sessions.listOver(109, 100)).toEqual([]);
    expect(await db.sessions.listOver(110, 100)).toEqual([{ id: expired, expiresAtMs: 10 }]);
    expect(await db.sessions.remove([expired])).toBe(1);
    expect(await db.sessions.remove([expired])).toBe(0);
    expect(await db.sessions.find(expired)).toBeUndefined();
    expect(await db.refreshTokens.find(expired)).toBeUndefined();
    expect(await db.refreshTokens.find(active)).toBeDefined();
  });

  test("only one of many concurrent calls uses a refresh token", async () => {
    const one = session();
    await db.sessions.addForUser(one, HASH);
    const token = {
      hash: "h".repeat(43),
      sessionId: one.id,
      generation: 1,
      createdAtMs: 1,
      expiresAtMs: 2,
    };
    await db.refreshTokens.add(token);
    await db.refreshTokens.add({ ...token, generation: 2 });
    const unspent = { ...token, usedAtMs: null, childHash: null };
    expect(await db.refreshTokens.find(token.hash)).toMatchObject({ token: unspent, session: one });
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

  test("a refresh token requires its session", async () => {
    const token = {
      hash: "orphan",
      sessionId: "none",
      generation: 1,
      createdAtMs: 1,
      expiresAtMs: 2,
    };
    // The session was deleted with its account: nothing is stored, and nothing fails.
    await db.refreshTokens.add(token);
    expect(await db.refreshTokens.listBefore("none", 2)).toEqual([]);
  });
});
