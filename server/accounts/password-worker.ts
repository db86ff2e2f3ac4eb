/** Runs in a worker thread: the synchronous bcrypt, which does not use the thread pool that libuv shares with WebCrypto. */
import { hashSync, verifySync } from "@node-rs/bcrypt";

/** One piece of work for bcrypt. */
export type Task =
  | { do: "hash"; password: string; cost: number }
  | { do: "verify"; password: string; hash: string };

/** @returns the hash, or whether the password matches. */
export default function work(task: Task): string | boolean {
  return task.do === "hash"
    ? hashSync(task.password, task.cost)
    : verifySync(task.password, task.hash);
}
