/** Shows on a terminal how far long work is. Everywhere else it prints nothing. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";

/** Counts what is done. @param what is counted */
export function openProgress(what: string, output = process.stderr) {
  let done = 0;
  return {
    add(count: number) {
      done += count;
      if (output.isTTY) output.write(`\r${done.toLocaleString("en")} ${what}`);
    },
    /** Clears the line. */
    end() {
      if (output.isTTY) output.write("\r\x1b[K");
    },
  };
}

/**
 * Does work of which nothing can be counted, and shows meanwhile how long it takes.
 * @param what the work does, such as "copying"
 * @param file what it writes, if that is a file
 */
export async function withTicker<Value>(
  what: string,
  work: () => Promise<Value>,
  file?: string,
): Promise<Value> {
  const { isTTY, fd } = process.stderr;
  if (!isTTY) return work();
  const workerData = { what, file, fd };
  const ticker = new Worker(new URL("./ticker.js", import.meta.url), { workerData });
  await once(ticker, "message");
  try {
    return await work();
  } finally {
    await ticker.terminate();
    process.stderr.write("\r\x1b[K");
  }
}
