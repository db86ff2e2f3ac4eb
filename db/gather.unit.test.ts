import { afterEach, expect, test, vi } from "vitest";
import { gather, gatherWrites } from "./gather.ts";
import { DatabaseUnavailable } from "./unavailable.ts";

/** A database whose queries end when the test says so. */
function openQueries(most = 64) {
  const begun: { keys: readonly string[]; sinceMs: number; end: (error?: Error) => void }[] = [];
  const data = new Map<string, number>();
  const find = gather<string, number>(most, (keys, sinceMs) => {
    // It reads when it begins.
    const rows = new Map([...data].filter(([key]) => keys.includes(key)));
    return new Promise((resolve, reject) => {
      begun.push({ keys, sinceMs, end: (error) => (error ? reject(error) : resolve(rows)) });
    });
  });
  const queries = () => begun.map(({ keys }) => keys);
  const end = (i: number, error?: Error) => begun[i]?.end(error);
  const since = (i: number) => begun[i]?.sinceMs;
  return { find, data, queries, since, end };
}

afterEach(() => vi.restoreAllMocks());

const soon = () => new Promise((resolve) => setTimeout(resolve, 5));

test("a lookup does not wait if no query is under way", async () => {
  const { find, queries, end } = openQueries();
  void find("a");
  expect(queries()).toEqual([["a"]]);
  end(0);
  await soon();
  void find("b");
  expect(queries()).toEqual([["a"], ["b"]]);
});

test("lookups that come while a query is under way are made together, and each gets its own row", async () => {
  const { find, data, queries, end } = openQueries();
  data.set("b", 2).set("c", 3);
  void find("a");
  const waiting = ["b", "c", "nobody", "b"].map(find);
  end(0);
  await expect.poll(queries).toEqual([["a"], ["b", "c", "nobody"]]);
  end(1);
  expect(await Promise.all(waiting)).toEqual([2, 3, undefined, 2]);
});

test("a lookup never joins a query that has begun", async () => {
  const { find, data, queries, end } = openQueries();
  data.set("a", 1);
  const before = find("a");
  data.set("a", 2);
  const after = find("a");
  end(0);
  await expect.poll(queries).toHaveLength(2);
  end(1);
  expect(await Promise.all([before, after])).toEqual([1, 2]);
});

test("a query that fails fails its own lookups only", async () => {
  const { find, data, queries, end } = openQueries();
  data.set("b", 2);
  const first = find("a");
  const second = find("b");
  end(0, new Error("down"));
  await expect(first).rejects.toThrow("down");
  await expect.poll(queries).toHaveLength(2);
  end(1);
  expect(await second).toBe(2);
});

test("a query has no more keys than it takes", async () => {
  const { find, queries, end } = openQueries(2);
  void find("a");
  for (const key of ["b", "c", "d"]) void find(key);
  end(0);
  await expect.poll(queries).toEqual([["a"], ["b", "c"]]);
  end(1);
  await expect.poll(queries).toEqual([["a"], ["b", "c"], ["d"]]);
});

test("a lookup's deadline counts from when it was asked for, also while it waits", async () => {
  const now = vi.spyOn(performance, "now").mockReturnValue(0);
  const { find, data, queries, since, end } = openQueries();
  data.set("late", 2);
  const first = find("first");
  const early = find("early");
  now.mockReturnValue(1_500);
  const late = find("late");
  now.mockReturnValue(5_000);
  end(0, new DatabaseUnavailable("no answer"));
  await expect(first).rejects.toThrow("no answer");
  // It has no time left for a query of its own.
  await expect(early).rejects.toBeInstanceOf(DatabaseUnavailable);
  await expect.poll(queries).toEqual([["first"], ["late"]]);
  expect([since(0), since(1)]).toEqual([0, 1_500]);
  end(1);
  expect(await late).toBe(2);
});

/** A table in which one statement fails if any of its items does. */
function openWrites(errors: Record<string, Error> = {}) {
  const statements: string[][] = [];
  const run = async (items: readonly string[]) => {
    statements.push([...items]);
    await new Promise(setImmediate);
    for (const item of items) if (errors[item]) throw errors[item];
  };
  return { statements, write: gatherWrites<string>(3, run, (item) => run([item])) };
}

test("writes that come while one is under way are made together", async () => {
  const { statements, write } = openWrites();
  await Promise.all(["a", "b", "c", "d", "e"].map(write));
  expect(statements).toEqual([["a"], ["b", "c", "d"], ["e"]]);
});

test("a write that fails does so alone", async () => {
  const { statements, write } = openWrites({ c: new Error("wrong") });
  const settled = await Promise.allSettled(["a", "b", "c", "d"].map(write));
  expect(settled.map(({ status }) => status)).toEqual([
    "fulfilled",
    "fulfilled",
    "rejected",
    "fulfilled",
  ]);
  expect(statements).toEqual([["a"], ["b", "c", "d"], ["b"], ["c"], ["d"]]);
});

test("writes that meet an outage are not tried again one by one", async () => {
  const { statements, write } = openWrites({ c: new DatabaseUnavailable("down") });
  const settled = await Promise.allSettled(["a", "b", "c"].map(write));
  expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
  expect(statements).toEqual([["a"], ["b", "c"]]);
});
