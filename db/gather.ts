/** Lookups that are asked for one by one and made together. */
import { setImmediate } from "node:timers/promises";

interface Lookup<Key, Row> {
  key: Key;
  resolve: (row: Row | undefined) => void;
  reject: (error: unknown) => void;
}

/**
 * Makes a lookup by one key from a query for several. While a query is under way, lookups wait, and the next query makes
 * them together; if none is, a lookup does not wait. What it returns has been read after it was asked for: a lookup never
 * joins a query that has begun.
 * @param most the most keys of one query
 */
export function gather<Key, Row>(
  most: number,
  findAll: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Row>>,
): (key: Key) => Promise<Row | undefined> {
  const waiting: Lookup<Key, Row>[] = [];
  let isUnderWay = false;

  async function run(): Promise<void> {
    isUnderWay = true;
    while (waiting.length > 0) {
      const lookups = waiting.splice(0, most);
      try {
        const rows = await findAll([...new Set(lookups.map(({ key }) => key))]);
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
      waiting.push({ key, resolve, reject });
      if (!isUnderWay) void run();
    });
}
