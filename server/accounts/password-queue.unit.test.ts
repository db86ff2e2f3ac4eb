import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openPasswordQueue, type PasswordQueue, type Place } from "./password-queue.ts";

const WORKERS = 2;
/** A second of one worker. */
const SECOND = 100;

describe("the password queue", () => {
  let queue: PasswordQueue;
  let nowMs: number;
  /** The work that was begun and is not done, oldest first. */
  let begun: { name: string; finish(result?: unknown): void; fail(): void }[];

  beforeEach(async () => {
    nowMs = 0;
    vi.spyOn(performance, "now").mockImplementation(() => nowMs);
    begun = [];
    queue = openPasswordQueue(WORKERS);
    const first = add("first", SECOND);
    await finish(1000);
    await first;
  });
  afterEach(() => vi.restoreAllMocks());

  const add = (name: string, units = SECOND, gone?: AbortSignal, place?: Place) =>
    queue.run(
      units,
      () =>
        new Promise((resolve, reject) =>
          begun.push({ name, finish: resolve, fail: () => reject(new Error(name)) }),
        ),
      { gone, place },
    );
  /** Takes a place. */
  const enter = (units = SECOND) => {
    const place = queue.enter(units);
    if (place.is === "busy") throw new Error("it is full");
    return place;
  };
  /** Lets time pass, and finishes the oldest work. */
  const finish = async (ms: number) => {
    nowMs += ms;
    begun.shift()?.finish("done");
    await new Promise(setImmediate);
  };
  const names = () => begun.map(({ name }) => name);
  const done = { is: "done", result: "done" };

  test("does as much at a time as there are workers, first come, first served", async () => {
    const results = ["a", "b", "c", "d"].map((name) => add(name));
    expect(names()).toEqual(["a", "b"]);
    await finish(1000);
    expect(names()).toEqual(["b", "c"]);
    await finish(0);
    expect(names()).toEqual(["c", "d"]);
    await finish(1000);
    await finish(0);
    expect(await Promise.all(results)).toEqual([done, done, done, done]);
  });

  test("is full when two seconds of work are waiting, and says when they are done", async () => {
    // Two are running, and four are two seconds for two workers.
    for (const name of "abcdef") void add(name);
    expect(await add("g")).toEqual({ is: "busy", retryAfterSeconds: 3 });
    await finish(1000);
    void add("g");
    expect(await add("h")).toEqual({ is: "busy", retryAfterSeconds: 3 });
  });

  test("counts places as what waits, until they are used or given up", async () => {
    const places = Array.from({ length: 6 }, () => enter());
    expect(queue.enter(1)).toEqual({ is: "busy", retryAfterSeconds: 2 });
    expect(await add("without a place")).toMatchObject({ is: "busy" });
    for (const place of places.slice(1)) void add("with a place", SECOND, undefined, place);
    expect(begun).toHaveLength(WORKERS);
    expect(queue.enter(1)).toMatchObject({ is: "busy" });
    places[0]?.leave();
    places[0]?.leave();
    enter();
    expect(queue.enter(1)).toMatchObject({ is: "busy" });
    // A place that has been given up, or used, is worth nothing.
    for (const place of places)
      expect(await add("again", SECOND, undefined, place)).toMatchObject({ is: "busy" });
  });

  test("keeps a place for who has taken it, whatever comes after", async () => {
    const place = enter();
    for (const name of "ab") void add(name);
    void add("large", 10 * SECOND);
    const [first, second] = [add("mine", SECOND, undefined, place), add("mine")];
    for (let i = 0; i < 4; i++) await finish(0);
    expect([await first, (await second).is]).toEqual([done, "busy"]);
  });

  test("takes work for each idle worker, however long it is", async () => {
    enter(10 * SECOND);
    enter(10 * SECOND);
    enter(10 * SECOND);
    expect(queue.enter(1)).toMatchObject({ is: "busy" });
  });

  test("counts work, not pieces of it", async () => {
    for (const name of "ab") void add(name);
    for (let i = 0; i < 40; i++) void add("small", SECOND / 10);
    expect(await add("small", 1)).toMatchObject({ is: "busy" });
    expect(names()).toEqual(["a", "b"]);
  });

  test("is full after one large piece of work", async () => {
    for (const name of "ab") void add(name);
    void add("large", 4 * SECOND);
    expect(await add("small", 1)).toMatchObject({ is: "busy" });
  });

  test("takes one piece of work that is longer than all the queue may be", async () => {
    for (const name of "ab") void add(name, 10 * SECOND);
    void add("c", 10 * SECOND);
    expect(await add("d")).toEqual({ is: "busy", retryAfterSeconds: 15 });
  });

  test.each([
    ["slower", 2000, 2],
    ["faster", 500, 8],
  ])("is shorter or longer when the work becomes %s", async (_, ms, waiting) => {
    for (let i = 0; i < 60; i++) {
      void add("learn");
      await finish(ms);
    }
    for (const name of "ab") void add(name);
    const results = Array.from({ length: 20 }, () => add("waiting"));
    for (let i = 0; i < 22; i++) await finish(0);
    const finished = (await Promise.all(results)).filter(({ is }) => is === "done");
    expect(Math.abs(finished.length - waiting)).toBeLessThanOrEqual(1);
  });

  test("learns little from one piece of work that took an hour: the process was stopped", async () => {
    void add("a");
    await finish(3_600_000);
    for (const name of "abcdef") void add(name);
    expect(await add("g")).toEqual({ is: "busy", retryAfterSeconds: 4 });
  });

  test("is left by those who are gone, whose work is never begun", async () => {
    const gone = new AbortController();
    for (const name of "ab") void add(name);
    const left = [1, 2, 3, 4].map(() => add("gone", SECOND, gone.signal));
    expect(await add("c")).toMatchObject({ is: "busy" });
    gone.abort();
    expect((await Promise.all(left)).map(({ is }) => is)).toEqual(Array(4).fill("busy"));
    const honest = add("honest");
    await finish(1000);
    expect(names()).toEqual(["b", "honest"]);
    await finish(0);
    await finish(0);
    expect(await honest).toEqual(done);
    expect(await add("gone", SECOND, gone.signal)).toMatchObject({ is: "busy" });
    expect(names()).toEqual([]);
  });

  test("finishes what was begun when its requester is gone", async () => {
    const gone = new AbortController();
    const running = add("running", SECOND, gone.signal);
    gone.abort();
    await finish(1000);
    expect(await running).toEqual(done);
  });

  test("goes on after work that failed", async () => {
    const failing = add("failing");
    const [b, c] = [add("b"), add("c")];
    begun.shift()?.fail();
    await expect(failing).rejects.toThrow("failing");
    expect(names()).toEqual(["b", "c"]);
    await finish(1000);
    await finish(0);
    expect(await Promise.all([b, c])).toEqual([done, done]);
  });

  test("sends away who waits when it is closed", async () => {
    for (const name of "ab") void add(name);
    const waiting = add("waiting");
    queue.close();
    expect(await waiting).toMatchObject({ is: "busy" });
  });
});
