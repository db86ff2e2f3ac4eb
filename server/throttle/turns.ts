/** Work that must not run at the same time: one after the other for each key, in the order in which it was given. */
import { isUnavailable } from "../../db/unavailable.ts";

/**
 * @returns a function that runs work as soon as all earlier work with the same key has ended, successful or not. If the
 * database did not answer the work before, it fails in the same way: each of those who wait would wait for a deadline of
 * its own otherwise.
 */
export function turns(): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  /** The last work of each key; only keys with unfinished work are in it. */
  const last = new Map<string, Promise<unknown>>();
  return (key, work) => {
    const current = (last.get(key) ?? Promise.resolve()).then(work, (error: unknown) => {
      if (isUnavailable(error)) throw error;
      return work();
    });
    last.set(key, current);
    const end = () => {
      if (last.get(key) === current) last.delete(key);
    };
    current.then(end, end);
    return current;
  };
}
