/** Lookups and writes that are asked for one by one and made together. */
import { setImmediate } from "node:timers/promises";
import { DatabaseUnavailable, DEADLINE_MS, isUnavailable, LEAST_MS } from "./unavailable.ts";

interface Lookup<Key, Row> {
  key: Key;
  /** When it was asked for, on the clock of `performance.now()`. */
  sinceMs: number;
  resolve: (row: Row | undefined) => void;
  reject: (error: unknown) => void;
}

/**
 * Makes a lookup by one key from a query for several. While a query is under way, lookups wait, and the next query makes
 * them together; if none is, a lookup does not wait. What it returns has been read after it was asked for: a lookup never
 * joins a query that has begun. Its deadline counts from then, too: if the query before it used that up, it fails.
 * @param most the most keys of one query
 * @param findAll is told since when somebody has been waiting, on the clock of `performance.now()`
 */
export function gather<Key, Row>(
  most: number,
  findAll: (keys: readonly Key[], sinceMs: number) => Promise<ReadonlyMap<Key, Row>>,
): (key: Key) => Promise<Row | undefined> {
  const waiting: Lookup<Key, Row>[] = [];
  let isUnderWay = false;

  /** Ends the lookups that have waited too long: those that have waited longest are first. */
  function rejectLate(): void {
    const earliestMs = performance.now() - (DEADLINE_MS - LEAST_MS);
    while (waiting[0] && waiting[0].sinceMs < earliestMs)
      waiting.shift()?.reject(new DatabaseUnavailable("the lookups before it took too long"));
  }

  async function run(): Promise<void> {
    isUnderWay = true;
    for (;;) {
      rejectLate();
      const lookups = waiting.splice(0, most);
      const [oldest] = lookups;
      if (!oldest) break;
      try {
        const rows = await findAll([...new Set(lookups.map(({ key }) => key))], oldest.sinceMs);
        for (const { key, resolve } of lookups) resolve(rows.get(key));
      } catch (error) {
        for (const { reject } of lookups) reject(error);
      }
      // SQLite has answered before the next request is read: wait for what else comes in this turn of the event loop.
      await setImmediate();
    }
    isUnderWay = false;
  }

  return (key) =>
    new Promise((resolve, reject) => {
      waiting.push({ key, sinceMs: performance.now(), resolve, reject });
      if (!isUnderWay) void run();
    });
}

/**
 * Makes a statement that writes one thing from one that writes several, in the same way as {@link gather}. If the one for
 * several fails, each is written by itself: what is wrong with one of them, such as a lock, is not wrong with the others.
 * @param most the most things that one statement writes
 */
export function gatherWrites<Item>(
  most: number,
  writeAll: (items: readonly Item[]) => PromiseLike<unknown>,
  writeOne: (item: Item) => Promise<unknown>,
): (item: Item) => Promise<void> {
  const write = gather<Item, unknown>(most, async (items) => {
    try {
      if (items.length > 1) {
        await writeAll(items);
        return new Map();
      }
    } catch (error) {
      if (isUnavailable(error)) throw error;
    }
    const writes = new Map(items.map((item) => [item, writeOne(item)]));
    await Promise.allSettled(writes.values());
    return writes;
  });
  return async (item) => void (await write(item));
}
