/** The threads that passwords are hashed and compared in. */
import { Worker } from "node:worker_threads";
import type { Task } from "./password-worker.js";

/** A hash, or whether each of the passwords matches. */
export type TaskResult = string | boolean[];

/** A thread, and how the task that it has is settled. */
interface Thread {
  worker: Worker;
  resolve(result: TaskResult): void;
  reject(error: unknown): void;
}

const FILE = new URL("./password-worker.js", import.meta.url);

/**
 * Threads that do one task at a time. One is started when all others are busy, so there are as many as tasks at the same
 * time. There is no limit: the caller must queue.
 */
export class PasswordThreads {
  readonly #all = new Set<Thread>();
  readonly #idle = new Set<Thread>();
  /** Whether the last task failed. */
  #hasFailed = false;
  #isClosed = false;

  /** Does a task. @throws if the thread that does it dies or cannot start: the next task gets another one */
  async run(task: Task): Promise<TaskResult> {
    try {
      const result = await this.#begin(task);
      this.#hasFailed = false;
      return result;
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
  }

  /** Whether tasks can be done. If the last one failed, it tries: what a thread needs may be there again. */
  async canWork(): Promise<boolean> {
    if (!this.#hasFailed) return true;
    return this.run({ do: "verify", comparisons: [] }).then(
      () => true,
      () => false,
    );
  }

  /** Ends all threads. Tasks that have begun fail, and so do all later ones. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#all].map(({ worker }) => worker.terminate()));
  }

  #begin(task: Task): Promise<TaskResult> {
    if (this.#isClosed) throw new Error("the password threads are closed");
    const [thread = this.#start()] = this.#idle;
    this.#idle.delete(thread);
    return new Promise((resolve, reject) => {
      Object.assign(thread, { resolve, reject });
      thread.worker.postMessage(task);
    });
  }

  #start(): Thread {
    // The worker is plain JavaScript: it needs nothing of what this process was started with, such as a compiler.
    const worker = new Worker(FILE, { execArgv: [] });
    const thread: Thread = { worker, resolve: () => undefined, reject: () => undefined };
    this.#all.add(thread);
    worker.on("message", (result: TaskResult) => {
      this.#idle.add(thread);
      thread.resolve(result);
    });
    worker.on("error", (error) => thread.reject(error));
    worker.on("exit", () => {
      this.#all.delete(thread);
      this.#idle.delete(thread);
      thread.reject(new Error("a password thread has ended"));
    });
    return thread;
  }
}
