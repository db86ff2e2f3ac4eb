/**
 * Shows on a terminal how long work takes, and how large the file is that it writes. In a thread of its own, because
 * SQLite blocks the one that works. It is plain JavaScript, as the password worker is.
 */
import { statSync, writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";

/** @type {{ what: string; file: string | undefined; fd: number }} */
const { what, file, fd } = workerData;
const startMs = performance.now();

const show = () => {
  const seconds = Math.floor((performance.now() - startMs) / 1000);
  const bytes = file === undefined ? undefined : statSync(file, { throwIfNoEntry: false })?.size;
  const written = bytes === undefined ? "" : `${Math.floor(bytes / 1e6)} MB, `;
  writeSync(fd, `\r${what}: ${written}${seconds} s`);
};
show();
setInterval(show, 1000);
parentPort?.postMessage("shown");
