/** A session that a browser has opened ends with that of the browser, whatever is done to its own row. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { type Db, openDb } from "./open.ts";
import type { Session } from "./sessions.ts";

const NOW = 1_790_000_000_000;
const HASH = "$2b$04$hash";
const ROUNDS = 30;

describe.each(ENGINES)("sessions of a browser on $name", (engine) => {
  let db: Db;
  let userId: number;
  let strangerId: number;
  beforeAll(async () => {
    db = await openDb(await engine.emptyDatabase(), { migrate: true });
    [userId, strangerId] = [await addUser("in@example.com"), await addUser("out@example.com")];
  });
  afterAll(() => db.close());

  const addUser = async (email: string) => {
    const user = { email, username: null, fullName: null, passwordHash: HASH, createdAtMs: 1 };
    const added = await db.users.add(user);
    return added.is === "added" ? added.id : expect.unreachable();
  };
  const session = (more: Partial<Session>) => ({
    id: Math.random().toString(36).slice(2),
    userId,
    clientId: "tegata",
    scope: "me",
    userAgent: null,
    createdAtMs: NOW,
    lastUsedAtMs: NOW,
    expiresAtMs: NOW + 1000,
    ...more,
  });
  const addBrowser = async (more: Partial<Session> = {}) => {
    const one = { ...session(more), browser: true, userId: more.userId ?? userId };
    expect(await db.sessions.addForUser(one, HASH)).toBe(true);
    return one.id;
  };
  const open = async (parentId: string, more: Partial<Session> = {}, nowMs = NOW) => {
    const one = { ...session(more), parentId, userId: more.userId ?? userId };
    return (await db.sessions.addForBrowser(one, nowMs)) ? one.id : undefined;
  };
  const opened = async (parentId: string) => (await open(parentId)) ?? expect.unreachable();
  const isAlive = async (id: string) => {
    const found = await db.sessions.find(id);
    return found !== undefined && !found.session.revokedAtMs && found.session.expiresAtMs > NOW;
  };

  test("a session is opened only from an active browser of its user, who is not disabled", async () => {
    const browser = await addBrowser();
    expect(await db.sessions.find(await opened(browser))).toMatchObject({
      session: { parentId: browser, browser: false, revokedAtMs: null, expiresAtMs: NOW + 1000 },
      user: { id: userId },
    });
    const plain = session({});
    expect(await db.sessions.addForUser({ ...plain, userId }, HASH)).toBe(true);
    expect(await open(plain.id)).toBeUndefined();
    expect(await open(await opened(browser))).toBeUndefined();
    expect(await open("nobody")).toBeUndefined();
    expect(await open(browser, { userId: strangerId })).toBeUndefined();
    expect(await open(browser, {}, NOW + 1000)).toBeUndefined();
    await db.users.setDisabled(userId, true);
    expect(await open(browser)).toBeUndefined();
    await db.users.setDisabled(userId, false);
    await db.sessions.revoke({ id: browser }, NOW);
    expect(await open(browser)).toBeUndefined();
  });

  test("ends when the browser is logged out, expires or is deleted, although its own row says otherwise", async () => {
    const out = await addBrowser();
    const short = await addBrowser({ expiresAtMs: NOW + 5 });
    const gone = await addBrowser();
    const [a, b, c] = [await opened(out), await opened(short), await opened(gone)];
    const hashes = [a, b, c].map((id) => `hash of ${id}`);
    for (const [i, sessionId] of [a, b, c].entries())
      await db.refreshTokens.add({
        hash: hashes[i] ?? "",
        sessionId,
        generation: 1,
        createdAtMs: NOW,
        expiresAtMs: NOW + 1000,
      });
    expect(await db.sessions.revoke({ id: out }, NOW + 3)).toBe(1);
    await db.sessions.remove([gone]);
    const ends = [
      { revokedAtMs: NOW + 3, expiresAtMs: NOW + 3 },
      { revokedAtMs: null, expiresAtMs: NOW + 5 },
      { revokedAtMs: null, expiresAtMs: 0 },
    ];
    for (const [i, end] of ends.entries()) {
      const session = { id: [a, b, c][i], ...end };
      expect(await db.sessions.find([a, b, c][i] ?? "")).toMatchObject({ session });
      expect(await db.refreshTokens.find(hashes[i] ?? "")).toMatchObject({ session });
    }
  });

  test("is not counted when it ends with others, and only that of the same user ends", async () => {
    const [here, there] = [await addBrowser(), await addBrowser()];
    const [kept, sibling, other] = [await opened(here), await opened(here), await opened(there)];
    const which = { userId, exceptIds: [kept, here] } as const;
    await db.sessions.revoke({ userId, exceptIds: [here, there, kept, sibling, other] }, NOW);
    expect(await db.sessions.revoke(which, NOW)).toBe(1);
    await db.sessions.revokeChildren(which, NOW);
    expect(await Promise.all([kept, sibling, here, there, other].map(isAlive))).toEqual([
      ...[true, false, true],
      ...[false, false],
    ]);
    await db.sessions.revokeChildren({ id: here, userId: strangerId }, NOW);
    expect(await isAlive(kept)).toBe(true);
    expect((await db.sessions.list(userId, NOW)).map(({ id }) => id)).toEqual([here]);
    await db.sessions.revokeChildren({ id: here }, NOW);
    expect(await isAlive(kept)).toBe(false);
  });

  test("the use of a session is also that of its browser", async () => {
    const [browser, other] = [await addBrowser(), await addBrowser()];
    await db.sessions.touch({ id: await opened(browser), parentId: browser }, NOW + 9);
    expect(await db.sessions.find(browser)).toMatchObject({ session: { lastUsedAtMs: NOW + 9 } });
    expect(await db.sessions.find(other)).toMatchObject({ session: { lastUsedAtMs: NOW } });
  });

  test(`no session outlives its browser that is opened while it is logged out (${ROUNDS} rounds)`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const browser = await addBrowser();
      const [ids] = await Promise.all([
        Promise.all([1, 2, 3].map(() => open(browser))),
        db.sessions
          .revoke({ id: browser }, NOW)
          .then(() => db.sessions.revokeChildren({ id: browser }, NOW)),
      ]);
      for (const id of ids) if (id !== undefined) expect(await isAlive(id)).toBe(false);
    }
  });
});
