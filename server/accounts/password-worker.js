/**
 * Runs in a worker thread: the synchronous bcrypt, which does not use the thread pool that libuv shares with WebCrypto.
 * It is plain JavaScript, so that a worker can load it from the source and from the build, without a compiler.
 */
import { hashSync, verifySync } from "@node-rs/bcrypt";
import { isDerivedFrom } from "./derived-keys.js";

/**
 * One piece of work for bcrypt: a hash to make, or comparisons to do one after another.
 * @typedef {{ do: "hash"; password: Uint8Array; cost: number }
 *   | { do: "verify"; comparisons: { password: Uint8Array; hash: string | import("./derived-keys.js").DerivedKey }[] }} Task
 */

/**
 * @param {Task} task
 * @returns {string | boolean[]} the hash, or whether each password matches.
 */
export default function work(task) {
  return task.do === "hash"
    ? hashSync(task.password, task.cost)
    : task.comparisons.map(({ password, hash }) =>
        typeof hash === "string" ? verifySync(password, hash) : isDerivedFrom(password, hash),
      );
}
