/** The threads that hash and compare passwords. One that dies, or cannot start, fails only the work that it had. */
import { Piscina } from "piscina";
import type { Task } from "./password-worker.js";

/** Some threads. */
export interface WorkerPool {
  /**
   * Does a piece of work. It has no effects, so if its worker dies, another one does it again, once.
   * @throws if that one dies too, or no worker can start
   */
  run(task: Task): Promise<string | boolean[]>;
  /** Whether they can work. If the last work failed, it tries. */
  canWork(): Promise<boolean>;
  close(): Promise<void>;
}

/** Starts threads, at low priority: a flood of logins must not slow down the users who are logged in. */
export function openWorkerPool(threads: number): WorkerPool {
  const pool = new Piscina<Task, string | boolean[]>({
    filename: new URL("./password-worker.js", import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    niceIncrement: 10,
    recordTiming: false,
  });
  const unfinished = new Set<AbortController>();
  let hasFailed = false;
  // A worker that cannot start has no work yet: piscina would let the work wait for ever, and the error end the process.
  pool.on("error", (cause) => {
    for (const one of unfinished) one.abort(cause);
  });

  async function attempt(task: Task): Promise<string | boolean[]> {
    const controller = new AbortController();
    unfinished.add(controller);
    try {
      const result = await pool.run(task, { signal: controller.signal });
      hasFailed = false;
      return result;
    } catch (error) {
      hasFailed = true;
      throw error;
    } finally {
      unfinished.delete(controller);
    }
  }

  const run = (task: Task) => attempt(task).catch(() => attempt(task));
  return {
    run,
    canWork: async () =>
      !hasFailed ||
      run({ do: "verify", comparisons: [] }).then(
        () => true,
        () => false,
      ),
    close: () => pool.destroy(),
  };
}
