/**
 * Runs in a worker thread: the synchronous bcrypt, which does not use the thread pool that libuv shares with WebCrypto.
 * It is plain JavaScript, so that a worker can load it from the source and from the build, without a compiler.
 */
import { hashSync, verifySync } from "@node-rs/bcrypt";

/**
 * One piece of work for bcrypt.
 * @typedef {{ do: "hash"; password: Uint8Array; cost: number }
 *   | { do: "verify"; password: Uint8Array; hash: string }} Task
 */

/**
 * @param {Task} task
 * @returns {string | boolean} the hash, or whether the password matches.
 */
export default function work(task) {
  return task.do === "hash"
    ? hashSync(task.password, task.cost)
    : verifySync(task.password, task.hash);
}
