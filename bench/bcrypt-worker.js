/** Runs in a worker thread: bcrypt alone, for as long as it is told. */
import { parentPort, workerData } from "node:worker_threads";
import { hashSync, verifySync } from "@node-rs/bcrypt";

const { cost, ms } = workerData;
const hash = hashSync("correct horse battery", cost);
const startedAt = performance.now();
let count = 0;
while (performance.now() - startedAt < ms) {
  verifySync("correct horse battery", hash);
  count += 1;
}
parentPort?.postMessage(count / ((performance.now() - startedAt) / 1000));
