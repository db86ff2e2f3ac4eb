/**
 * Runs in a worker thread: bcrypt alone, for as long as it is told. It has the priority of the service's workers, so that
 * other work on the machine takes the same from both.
 */
import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { hashSync, verifySync } from "@node-rs/bcrypt";

const { cost, ms } = workerData;
// On Linux, of this thread.
setPriority(10);
const hash = hashSync("correct horse battery", cost);
const startedAt = performance.now();
let count = 0;
while (performance.now() - startedAt < ms) {
  verifySync("correct horse battery", hash);
  count += 1;
}
parentPort?.postMessage(count / ((performance.now() - startedAt) / 1000));
