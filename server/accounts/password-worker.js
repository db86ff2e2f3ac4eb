/**
 * Runs in a worker thread: the synchronous bcrypt, which does not use the thread pool that libuv shares with WebCrypto.
 * It is plain JavaScript, so that a worker can load it from the source and from the build, without a compiler. An
 * exception ends the thread.
 */
import { constants, getPriority, setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { hashSync, verifySync } from "@node-rs/bcrypt";
import { isDerivedFrom } from "./derived-keys.js";

/**
 * One piece of work for bcrypt: a hash to make, or comparisons to do one after another.
 * @typedef {{ do: "hash"; password: Uint8Array; cost: number }
 *   | { do: "verify"; comparisons: { password: Uint8Array; hash: string | import("./derived-keys.js").DerivedKey }[] }} Task
 */

/**
 * @param {Task} task
 * @returns {Promise<string | boolean[]>} the hash, or whether each password matches.
 */
async function work(task) {
  if (task.do === "hash") return hashSync(task.password, task.cost);
  const matches = [];
  for (const { password, hash } of task.comparisons)
    matches.push(
      typeof hash === "string" ? verifySync(password, hash) : await isDerivedFrom(password, hash),
    );
  return matches;
}

// A flood of logins must not slow down the users who are logged in. On Linux this is the priority of the thread, but
// elsewhere that of the process.
if (process.platform === "linux")
  setPriority(
    Math.min(
      getPriority() + constants.priority.PRIORITY_BELOW_NORMAL,
      constants.priority.PRIORITY_LOW,
    ),
  );
parentPort?.on("message", async (task) => parentPort?.postMessage(await work(task)));
