import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { isRedisInstalled, type Redis, startRedis } from "../testing/redis.ts";
import { openDb } from "./open.ts";
import { openRedis } from "./redis.ts";
import type { Counter, Counters } from "./throttles.ts";

const NOW = 1_790_000_000_000;
const counter = (attempts: number, more: Partial<Counter> = {}): Counter => ({
  attempts,
  blockedUntilMs: NOW,
  expiresAtMs: NOW + 60_000,
  ...more,
});

let redis: Redis | undefined;
afterAll(() => redis?.stop());

/** Every place that counters can be stored in. */
const PLACES: { name: string; open: () => Promise<Counters> }[] = ENGINES.map((engine) => ({
  name: engine.name,
  async open() {
    const db = await openDb(await engine.emptyDatabase(), { migrate: true });
    return { ...db.throttles, close: db.close };
  },
}));
if (isRedisInstalled())
  PLACES.push({
    name: "Redis",
    async open() {
      redis = await startRedis();
      return openRedis(redis.url);
    },
  });

describe.each(PLACES)("counters in $name", ({ name, open }) => {
  let counters: Counters;
  beforeAll(async () => {
    counters = await open();
  });
  afterAll(() => counters.close());

  test("are added, replaced and deleted only if they are still as they were read", async () => {
    const replace = (from: Counter | undefined, to: Counter | undefined) =>
      counters.replace("one", from, to, NOW);
    expect(await counters.find("one")).toBeUndefined();
    expect(await replace(counter(1), counter(2))).toBe(false);
    expect(await replace(undefined, counter(1))).toBe(true);
    expect(await counters.find("one")).toEqual(counter(1));
    expect(await replace(undefined, counter(2))).toBe(false);
    for (const other of [{ attempts: 3 }, { blockedUntilMs: NOW - 1 }, { expiresAtMs: NOW + 1 }])
      expect(await replace(counter(1, other), counter(2))).toBe(false);
    expect(await replace(counter(1), counter(2, { blockedUntilMs: 0 }))).toBe(true);
    expect(await counters.find("one")).toEqual(counter(2, { blockedUntilMs: 0 }));
    expect(await replace(counter(2), undefined)).toBe(false);
    expect(await replace(counter(2, { blockedUntilMs: 0 }), undefined)).toBe(true);
    expect(await counters.find("one")).toBeUndefined();
    expect(await replace(undefined, undefined)).toBe(true);
  });

  test("are replaced by exactly one of several parallel callers", async () => {
    const race = (from: Counter | undefined) =>
      Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          counters.replace("raced", from, counter((from?.attempts ?? 0) + i + 1), NOW),
        ),
      );
    const won = (results: boolean[]) => results.filter((result) => result).length;
    expect(won(await race(undefined))).toBe(1);
    expect(won(await race(await counters.find("raced")))).toBe(1);
  });

  test("are deleted when they have expired", async () => {
    const expiresAtMs = NOW + 50;
    for (let i = 0; i < 5; i += 1)
      await counters.replace(`old ${i}`, undefined, counter(1, { expiresAtMs }), NOW);
    await counters.replace("new", undefined, counter(1), NOW);
    if (name === "Redis") {
      // It deletes them itself, after the time that was left.
      await expect.poll(() => counters.find("old 4")).toBeUndefined();
    } else {
      expect(await counters.removeExpired(NOW + 49, 10)).toBe(0);
      expect(await counters.removeExpired(expiresAtMs, 3)).toBe(3);
      expect(await counters.removeExpired(expiresAtMs, 3)).toBe(2);
    }
    expect(await counters.removeExpired(expiresAtMs, 3)).toBe(0);
    expect(await counters.find("new")).toEqual(counter(1));
  });
});

test("a Redis server that cannot be used stops the start, and the message does not contain the password", async () => {
  const url = "redis://:a-secret-password@127.0.0.1:1";
  const error: unknown = await openRedis(url).catch((cause: unknown) => cause);
  expect(error).toMatchObject({ message: expect.stringMatching(/^REDIS_URL: /) });
  expect(String(error)).not.toContain("a-secret-password");
});
