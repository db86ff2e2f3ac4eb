/** What is deleted of sessions that are over, how much of it at once, and by which clock. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Db, openDb } from "../../db/open.ts";
import { ENGINES } from "../../testing/engines.ts";
import { openLog } from "../log.ts";
import { startSweeper } from "../sweeper.ts";
import { sweepSessions } from "./sweep.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

describe.each(ENGINES)("sweeping sessions on $name", (engine) => {
  let db: Db;
  let logged: string[];
  /** How far the clock of the service is ahead of the real clock, in milliseconds. */
  let ahead: number;
  let ids = 0;
  const log = openLog({ logLevel: "trace" }, { write: (line) => void logged.push(line) });
  const now = () => Date.now() + ahead;
  beforeEach(async () => {
    [logged, ahead] = [[], 0];
    db = await openDb(await engine.emptyDatabase(), { migrate: true });
  });
  afterEach(async () => {
    vi.useRealTimers();
    await db.close();
  });

  /** Adds sessions of a client that ended some milliseconds ago. @returns their ids */
  const add = async (count: number, agoMs: number): Promise<string[]> => {
    const times = { createdAtMs: 1, lastUsedAtMs: 1, expiresAtMs: Date.now() - agoMs };
    const common = { userId: null, clientId: "x", scope: "me", userAgent: null, ...times };
    const added = Array.from({ length: count }, () => String(++ids));
    await Promise.all(added.map((id) => db.sessions.add({ ...common, id })));
    return added;
  };
  const count = () => db.sessions.count();
  const isThere = async (id: string) => (await db.sessions.find(id)) !== undefined;
  const never = new AbortController().signal;

  const parts = () => ({ db, log, now });
  /** The parts with a database that calls `seen` before it deletes. */
  const watched = (seen: (what: string, count: number) => unknown) => {
    const sessions = {
      ...db.sessions,
      remove: async (ids: readonly string[]) => {
        await seen("sessions", ids.length);
        return db.sessions.remove(ids);
      },
    };
    const refreshTokens = {
      ...db.refreshTokens,
      remove: async (hashes: readonly string[]) => {
        await seen("tokens", hashes.length);
        await db.refreshTokens.remove(hashes);
      },
    };
    return { ...parts(), db: { ...db, sessions, refreshTokens } };
  };

  test("deletes those that have been over for ten minutes, a hundred at a time", async () => {
    await add(250, 11 * MINUTE_MS);
    const kept = [...(await add(3, 9 * MINUTE_MS)), ...(await add(3, -MINUTE_MS))];
    const batches: number[] = [];
    expect(
      await sweepSessions(
        watched((_, count) => batches.push(count)),
        never,
      ),
    ).toBe(10 * MINUTE_MS);
    expect(batches).toEqual([100, 100, 50]);
    expect(await Promise.all(kept.map(isThere))).toEqual(kept.map(() => true));
    expect(await count()).toBe(6);
  });

  test("deletes a session that has thousands of refresh tokens, a limited number at a time", async () => {
    const [sessionId = ""] = await add(1, 11 * MINUTE_MS);
    const token = { sessionId, generation: 0, createdAtMs: 1, expiresAtMs: 2 };
    await Promise.all(
      Array.from({ length: 2500 }, (_, i) => db.refreshTokens.add({ ...token, hash: `${i}` })),
    );
    const batches: [string, number][] = [];
    await sweepSessions(
      watched((what, count) => batches.push([what, count])),
      never,
    );
    expect(batches).toEqual([
      ["tokens", 2000],
      ["sessions", 1],
    ]);
    expect(await db.refreshTokens.listOfSessions([sessionId])).toEqual([]);
    expect(await count()).toBe(0);
  });

  test("lets two instances sweep at once, and one of them does it", async () => {
    await add(250, 11 * MINUTE_MS);
    await Promise.all([sweepSessions(parts(), never), sweepSessions(parts(), never)]);
    expect(await count()).toBe(0);
    expect(logged.join("")).not.toMatch(/could not|"level":[45]0/);
  });

  test("stops when another instance has deleted a part of its batch", async () => {
    await add(250, 11 * MINUTE_MS);
    const another = watched(async () => {
      const [first] = await db.sessions.listOver(Date.now(), 0);
      await db.sessions.remove([first?.id ?? ""]);
    });
    expect(await sweepSessions(another, never)).toBe(10 * MINUTE_MS);
    expect(await count()).toBe(150);
  });

  test("deletes nothing if only the clock of the service says that the sessions are over", async () => {
    await add(3, -DAY_MS);
    ahead = 400 * DAY_MS;
    await sweepSessions(parts(), never);
    expect(await count()).toBe(3);
  });

  test("deletes nothing if only the clock of the database says that the sessions are over", async () => {
    await add(3, DAY_MS);
    ahead = -2 * DAY_MS;
    await sweepSessions(parts(), never);
    expect(await count()).toBe(3);
  });

  test("deletes at most a quarter of all sessions if they ended long ago, and warns", async () => {
    await add(150, 2 * DAY_MS);
    await add(90, -DAY_MS);
    expect(await sweepSessions(parts(), never)).toBe(DAY_MS);
    expect(await count()).toBe(180);
    expect(logged.join("")).toMatch(/"level":40.*check the clock/);
    // It goes on until nothing is left.
    for (let i = 0; i < 20; i += 1) await sweepSessions(parts(), never);
    expect(await count()).toBe(90);
  });

  test("waits for the batch that is being deleted when it is stopped, and deletes no other", async () => {
    await add(250, 11 * MINUTE_MS);
    let reached = () => {};
    const isReached = new Promise<void>((resolve) => {
      reached = resolve;
    });
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const slow = watched(() => {
      reached();
      return gate;
    });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const sweeper = startSweeper(log, [(stopped) => sweepSessions(slow, stopped)]);
    vi.advanceTimersByTime(MINUTE_MS);
    vi.useRealTimers();
    await isReached;
    const order: string[] = [];
    const stopped = sweeper.stop().then(() => order.push("stopped"));
    await count();
    order.push("opened");
    open();
    await stopped;
    expect(order).toEqual(["opened", "stopped"]);
    expect(await count()).toBe(150);
  });
});
