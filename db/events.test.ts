import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { type Db, openDb } from "./open.ts";

const NOW = 1_790_000_000_000;

describe.each(ENGINES)("events on $name", (engine) => {
  let db: Db;
  beforeAll(async () => {
    db = await openDb(await engine.emptyDatabase(), { migrate: true });
  });
  afterAll(() => db.close());

  const event = {
    atMs: NOW,
    type: "logged_in",
    userId: null,
    clientId: null,
    sessionId: null,
    address: null,
    requestId: null,
    userAgent: null,
    detail: null,
  };
  const details = async (...args: Parameters<Db["events"]["list"]>) =>
    (await db.events.list(...args)).map(({ detail }) => detail);

  test("an event is returned as it was added, also if its user and session never existed", async () => {
    const whole = {
      atMs: NOW,
      type: "session_ended",
      userId: 987_654,
      clientId: "nobody",
      sessionId: "none",
      address: "2001:db8::1",
      requestId: "r-1",
      userAgent: "a browser 😀",
      detail: "logged_out",
    };
    await db.events.add(whole);
    const [found] = await db.events.list({ userId: 987_654 }, { limit: 1 });
    expect(found).toEqual({ id: expect.any(Number), ...whole });
  });

  test("an event has the user and the client of its session, unless it names them", async () => {
    const user = { username: null, fullName: null, passwordHash: "x", createdAtMs: 1 };
    const added = await db.users.add({ email: "in@example.com", ...user });
    const userId = added.is === "added" ? added.id : expect.unreachable();
    const session = { id: "s", userId, clientId: "app", scope: "me", userAgent: null };
    const times = { createdAtMs: 1, lastUsedAtMs: 1, expiresAtMs: 2 };
    expect(await db.sessions.addForUser({ ...session, ...times }, "x")).toBe(true);
    await db.events.add({ ...event, sessionId: "s" });
    await db.events.add({ ...event, sessionId: "s", clientId: "other", userId: 7 });
    await db.events.add({ ...event, sessionId: "S" });
    expect(await db.events.list({}, { limit: 3 })).toMatchObject([
      { sessionId: "S", userId: null, clientId: null },
      { sessionId: "s", userId: 7, clientId: "other" },
      { sessionId: "s", userId, clientId: "app" },
    ]);
  });

  test("the newest come first, in pages, and only those that match everything", async () => {
    const add = (detail: string, more: object) => db.events.add({ ...event, ...more, detail });
    await add("a", { userId: 901, clientId: "c", type: "x", atMs: NOW });
    await add("b", { userId: 902, clientId: "c", type: "y", atMs: NOW + 1 });
    await add("c", { userId: 901, clientId: "d", type: "y", atMs: NOW + 2 });
    await add("d", { userId: 901, clientId: "C", type: "z", atMs: NOW + 3 });
    const limit = 10;
    expect(await details({ userId: 901 }, { limit })).toEqual(["d", "c", "a"]);
    expect(await details({ userId: 901 }, { limit: 2 })).toEqual(["d", "c"]);
    const [, last] = await db.events.list({ userId: 901 }, { limit: 2 });
    expect(await details({ userId: 901 }, { before: last?.id, limit })).toEqual(["a"]);
    expect(await details({ clientId: "c" }, { limit })).toEqual(["b", "a"]);
    expect(await details({ types: ["y", "z"] }, { limit })).toEqual(["d", "c", "b"]);
    expect(await details({ userId: 901, types: ["y"] }, { limit })).toEqual(["c"]);
    expect(await details({ userId: 901, sinceMs: NOW + 2 }, { limit })).toEqual(["d", "c"]);
  });

  test("the oldest are removed first, at most as many as asked for, and none that is not old", async () => {
    for (const atMs of [30, 10, 20, 40])
      await db.events.add({ ...event, type: "old", atMs, detail: String(atMs) });
    expect(await db.events.removeOld(40, 2)).toBe(2);
    expect(await details({ types: ["old"] }, { limit: 9 })).toEqual(["40", "30"]);
    expect(await db.events.removeOld(40, 2)).toBe(1);
    expect(await db.events.removeOld(40, 2)).toBe(0);
    expect(await details({ types: ["old"] }, { limit: 9 })).toEqual(["40"]);
  });
});
