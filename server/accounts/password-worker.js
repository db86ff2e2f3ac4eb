/**
 * Runs in a worker thread: the synchronous bcrypt, which keeps off the pool that libuv shares with WebCrypto. It is
 * plain JavaScript, so that a worker loads it from the source as it does from the build, with no compiler in between.
 */
import { hashSync, verifySync } from "@node-rs/bcrypt";

/**
 * One piece of work for bcrypt.
 * @typedef {{ do: "hash"; password: string; cost: number }
 *   | { do: "verify"; password: string; hash: string }} Task
 */

/**
 * @param {Task} task
 * @returns {string | boolean} the hash, or whether the password fits.
 */
export default function work(task) {
  return task.do === "hash"
    ? hashSync(task.password, task.cost)
    : verifySync(task.password, task.hash);
}
