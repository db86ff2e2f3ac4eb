/** Work that must not run at the same time: one after the other for each key, in the order in which it was given. */

/** @returns a function that runs work as soon as all earlier work with the same key has ended, successful or not */
export function turns(): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  /** The last work of each key; only keys with unfinished work are in it. */
  const last = new Map<string, Promise<unknown>>();
  return (key, work) => {
    const current = (last.get(key) ?? Promise.resolve()).then(work, work);
    last.set(key, current);
    const end = () => {
      if (last.get(key) === current) last.delete(key);
    };
    current.then(end, end);
    return current;
  };
}
