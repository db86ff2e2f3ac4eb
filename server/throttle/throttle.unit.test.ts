import { describe, expect, test } from "vitest";
import type { Counter, Counters } from "../../db/throttles.ts";
import { openThrottle } from "./throttle.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;
const KEY = Buffer.alloc(32, 1);
const ELSEWHERE = "198.51.100.7";

/** Counters in memory, which several throttles can share, like processes that share a database. */
function openCounters() {
  const stored = new Map<string, Counter>();
  const calls = { find: 0, replace: 0 };
  const counters: Counters = {
    async find(hash) {
      calls.find += 1;
      return stored.get(hash);
    },
    async replace(hash, from, to) {
      calls.replace += 1;
      if (stored.get(hash) !== from) return false;
      if (to) stored.set(hash, to);
      else stored.delete(hash);
      return true;
    },
    async removeExpired(beforeMs, limit) {
      const expired = [...stored].filter(([, { expiresAtMs }]) => expiresAtMs <= beforeMs);
      const removed = expired.slice(0, limit);
      for (const [hash] of removed) stored.delete(hash);
      return removed.length;
    },
    close: async () => undefined,
  };
  return { stored, calls, counters };
}

/** A throttle with a clock that stands still until it is moved. */
function open({ shared = openCounters(), perAddress = 100, registrations = 100 } = {}) {
  const clock = { seconds: 1_790_000_000 };
  const settings = { loginFailuresPerAddress: perAddress, registrationsPerAddress: registrations };
  const throttle = openThrottle(shared.counters, KEY, settings, () => clock.seconds * 1000);
  /** Guesses wrong. @returns the seconds to wait; 0 if the guess was admitted */
  const guess = async (name = "ada", address = ELSEWHERE) => {
    const result = await throttle.guess(name, address);
    return result.is === "throttled" ? result.retryAfterSeconds : 0;
  };
  const succeed = async (name = "ada", address = ELSEWHERE) => {
    const result = await throttle.guess(name, address);
    if (result.is === "throttled") return false;
    await result.succeed();
    return true;
  };
  return { ...shared, clock, throttle, guess, succeed };
}

const times = async <T>(count: number, work: (i: number) => Promise<T>): Promise<T[]> => {
  const results: T[] = [];
  for (let i = 0; i < count; i += 1) results.push(await work(i));
  return results;
};

describe("guesses for one name", () => {
  test("are free five times, then wait 1, 2, 4 … seconds, and at most 15 minutes (security L3)", async () => {
    const { guess, clock } = open({ perAddress: 1_000_000 });
    expect(await times(5, () => guess())).toEqual([0, 0, 0, 0, 0]);
    for (const wait of [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]) {
      expect(await guess()).toBe(wait);
      clock.seconds += wait - 0.001;
      expect(await guess()).toBe(1);
      clock.seconds += 0.001;
      expect(await guess()).toBe(0);
    }
  });

  test("number about a hundred in a day, whoever guesses (security L3)", async () => {
    const { guess, clock } = open({ perAddress: 1_000_000 });
    const end = clock.seconds + DAY;
    let admitted = 0;
    for (let i = 0; clock.seconds < end; i += 1) {
      const wait = await guess("ada", `198.51.${i % 250}.7`);
      if (wait === 0) admitted += 1;
      clock.seconds += wait;
    }
    expect(admitted).toBeGreaterThan(90);
    expect(admitted).toBeLessThan(115);
  });

  test("are forgotten after a day without a failure", async () => {
    const { guess, clock } = open();
    await times(5, () => guess());
    clock.seconds += DAY - 1;
    expect(await guess()).toBe(0);
    expect(await guess()).toBe(2);
    clock.seconds += DAY;
    expect(await times(5, () => guess())).toEqual([0, 0, 0, 0, 0]);
  });

  test("are forgotten after a success with that name, and only with that name (security L8)", async () => {
    const { guess, succeed } = open();
    await times(4, () => guess("ada"));
    await times(4, () => guess("eve"));
    expect(await succeed("eve")).toBe(true);
    expect(await guess("ada")).toBe(0);
    expect(await guess("ada")).toBe(1);
    expect(await times(5, () => guess("eve"))).toEqual([0, 0, 0, 0, 0]);
  });

  test("do not count if the secret was not tested", async () => {
    const { throttle, guess } = open({ perAddress: 5 });
    for (let i = 0; i < 50; i += 1) {
      const attempt = await throttle.guess("ada", ELSEWHERE);
      if (attempt.is === "throttled") expect.unreachable();
      await attempt.release();
    }
    expect(await times(5, () => guess())).toEqual([0, 0, 0, 0, 0]);
  });

  test("after a wait, one that was not tested can be repeated at once", async () => {
    const { throttle, guess, clock } = open();
    await times(5, () => guess());
    clock.seconds += 1;
    const attempt = await throttle.guess("ada", ELSEWHERE);
    if (attempt.is === "throttled") expect.unreachable();
    await attempt.release();
    expect(await guess()).toBe(0);
    expect(await guess()).toBe(2);
  });

  test("are counted before they are made: of 80 parallel ones, five are admitted (security L5)", async () => {
    const { guess } = open();
    const waits = await Promise.all(Array.from({ length: 80 }, () => guess()));
    expect(waits.filter((wait) => wait === 0)).toHaveLength(5);
  });

  test("are counted together by several processes (security L15)", async () => {
    const shared = openCounters();
    const processes = [open({ shared }), open({ shared }), open({ shared })];
    const waits = await Promise.all(
      processes.flatMap(({ guess }) =>
        Array(20)
          .fill(0)
          .map(() => guess()),
      ),
    );
    expect(waits.filter((wait) => wait === 0)).toHaveLength(5);
  });

  test("are admitted by every process soon after a success in one of them (security L15)", async () => {
    const shared = openCounters();
    const [one, other] = [open({ shared }), open({ shared })];
    await times(14, async () => {
      one.clock.seconds += 900;
      await one.guess();
    });
    one.clock.seconds += 900;
    other.clock.seconds = one.clock.seconds;
    const attempt = await one.throttle.guess("ada", ELSEWHERE);
    expect(await other.guess()).toBe(900);
    if (attempt.is === "throttled") expect.unreachable();
    await attempt.succeed();
    other.clock.seconds += 1;
    expect(await other.guess()).toBe(0);
  });

  test("wait at least one second and at most an hour, also if the clock jumps (security L7)", async () => {
    const { guess, clock } = open();
    await times(20, async () => {
      clock.seconds += 900;
      await guess();
    });
    clock.seconds += 400 * DAY;
    await times(6, () => guess());
    clock.seconds -= 400 * DAY;
    expect(await guess()).toBe(0);
  });
});

describe("guesses from one address", () => {
  test("are limited over all names, and a success does not take any back (security L4, L8)", async () => {
    const { guess, succeed, clock } = open({ perAddress: 10 });
    expect(await times(10, (i) => guess(`name ${i}`))).toEqual(Array(10).fill(0));
    expect(await guess("another name")).toBe(HOUR / 10);
    expect(await guess("another name", "198.51.100.8")).toBe(0);
    clock.seconds += HOUR / 10;
    expect(await succeed("ada")).toBe(true);
    expect(await guess("another name")).toBe(0);
    expect(await guess("another name")).toBe(HOUR / 10);
    clock.seconds += HOUR;
    expect((await times(20, (i) => guess(`later ${i}`))).filter((wait) => wait === 0)).toHaveLength(
      10,
    );
  });

  test("include wrong refresh tokens and client secrets (security L4)", async () => {
    const { throttle, guess } = open({ perAddress: 3 });
    expect(await times(3, () => throttle.countWrong(ELSEWHERE))).toEqual(Array(3).fill(undefined));
    expect(await throttle.countWrong(ELSEWHERE)).toEqual({
      is: "throttled",
      retryAfterSeconds: 1200,
    });
    expect(await guess()).toBe(1200);
  });

  test("do not include logins that succeed, however many there are", async () => {
    const { succeed } = open({ perAddress: 2 });
    expect(await times(20, (i) => succeed(`name ${i}`))).toEqual(Array(20).fill(true));
    const parallel = Array.from({ length: 2 }, (_, i) => succeed(`other ${i}`));
    expect(await Promise.all(parallel)).toEqual([true, true]);
    expect(await succeed()).toBe(true);
  });

  test("do not hinder each other, however many come at once", async () => {
    const { succeed, stored } = open({ perAddress: 300 });
    const parallel = Array.from({ length: 200 }, (_, i) => succeed(`name ${i}`));
    expect(await Promise.all(parallel)).toEqual(Array(200).fill(true));
    // One for each name: that it has logged in from here.
    expect([...stored.values()].filter(({ attempts }) => attempts > 0)).toEqual([]);
  });

  test("are counted by the network: IPv6 by its first 64 bits (security L12)", async () => {
    const { guess } = open({ perAddress: 2 });
    await guess("a", "2001:db8:1:2::1");
    await guess("b", "2001:db8:1:2:ffff::2");
    expect(await guess("c", "2001:db8:1:2::3")).toBeGreaterThan(0);
    expect(await guess("c", "2001:db8:1:3::3")).toBe(0);
  });
});

describe("an address that an account has logged in from", () => {
  test("has a counter of its own, so that others cannot lock the owner out (security L9)", async () => {
    const { guess, succeed, clock } = open();
    const home = "203.0.113.5";
    await succeed("ada", home);
    await times(40, async () => {
      clock.seconds += 900;
      await guess("ada", ELSEWHERE);
    });
    expect(await guess("ada", ELSEWHERE)).toBe(900);
    expect(await guess("ada", "198.51.100.99")).toBe(900);
    expect(await times(5, () => guess("ada", home))).toEqual([0, 0, 0, 0, 0]);
    expect(await guess("ada", home)).toBe(1);
    clock.seconds += 1;
    expect(await succeed("ada", home)).toBe(true);
    expect(await guess("ada", ELSEWHERE)).toBeGreaterThan(800);
  });

  test("is forgotten after 30 days without a login from there", async () => {
    const { guess, succeed, clock } = open();
    await succeed("ada", "203.0.113.5");
    clock.seconds += 30 * DAY - 1;
    await times(5, () => guess("ada", ELSEWHERE));
    expect(await guess("ada", "203.0.113.5")).toBe(0);
    clock.seconds += 1;
    await times(5, () => guess("ada", ELSEWHERE));
    expect(await guess("ada", "203.0.113.5")).toBeGreaterThan(0);
  });

  test("does not show that there is an account: to itself, both look the same and cost the same", async () => {
    const { guess, succeed, clock, calls } = open();
    await succeed("ada");
    const observe = (name: string) =>
      times(8, async () => {
        Object.assign(calls, { find: 0, replace: 0 });
        return { wait: await guess(name), ...calls };
      });
    for (let day = 0; day < 3; day += 1) {
      clock.seconds += day * DAY + 1;
      expect(await observe("ada")).toEqual(await observe("nobody"));
    }
  });
});

describe("what is remembered", () => {
  test("has a fixed size, contains neither names nor addresses, and leaves in batches (security L14)", async () => {
    const { stored, guess, throttle, clock } = open({ perAddress: 1_000_000 });
    const names = Array.from({ length: 1200 }, (_, i) => `${i}${"x".repeat(10_000)}@example.com`);
    for (const name of names) await guess(name);
    expect(stored.size).toBe(1201);
    expect([...stored.keys()].every((hash) => /^[\w-]{43}$/.test(hash))).toBe(true);
    clock.seconds += DAY;
    await throttle.sweep(new AbortController().signal);
    expect(stored.size).toBe(0);
  });

  test("is read once by an attempt that succeeds", async () => {
    const { succeed, calls } = open();
    expect(await succeed()).toBe(true);
    expect(calls).toEqual({ find: 3, replace: 5 });
    Object.assign(calls, { find: 0, replace: 0 });
    expect(await succeed()).toBe(true);
    expect(calls).toEqual({ find: 3, replace: 4 });
  });

  test("keeps a flood away from the counters: a blocked name is looked up once a second", async () => {
    const { guess, calls, clock } = open();
    await times(15, async () => {
      clock.seconds += 900;
      await guess();
    });
    expect(await guess()).toBe(900);
    Object.assign(calls, { find: 0, replace: 0 });
    await Promise.all(Array.from({ length: 1000 }, () => guess()));
    expect(calls).toEqual({ find: 0, replace: 0 });
    clock.seconds += 1;
    await times(1000, () => guess());
    expect(calls.find).toBeLessThan(5);
    expect(calls.replace).toBe(0);
  });
});

describe("registrations", () => {
  test("are limited by address, and those that were not tried do not count (security L13)", async () => {
    const { throttle, guess } = open({ registrations: 3 });
    const register = async (address = ELSEWHERE) => {
      const result = await throttle.register(address);
      return result.is === "throttled" ? result.retryAfterSeconds : 0;
    };
    const first = await throttle.register(ELSEWHERE);
    if (first.is === "throttled") expect.unreachable();
    await first.release();
    expect(await times(4, () => register())).toEqual([0, 0, 0, 1200]);
    expect(await register("198.51.100.8")).toBe(0);
    expect(await guess()).toBe(0);
  });
});
