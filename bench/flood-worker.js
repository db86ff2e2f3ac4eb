/**
 * Runs in a worker thread: clients that log in over and over. It reads no more of a response than it must, because the
 * clients share the machine with the service that is measured.
 */
import { connect } from "node:net";
import { parentPort, workerData } from "node:worker_threads";

/** How long a client waits after it was refused, in milliseconds: it does not care about `Retry-After`. */
const PAUSE_MS = 50;

/** @type {{ port: number, requests: string[] }} */
const { port, requests } = workerData;
/** @type {number[]} */
const refusalsMs = [];
/** How many logins there were after the first. */
let logins = -1;
let firstAt = 0;
let loginsPerSecond = 0;
let isOver = false;

/** One client, on a connection of its own. @param {string} text its request */
function run(text) {
  const socket = connect(port, "127.0.0.1").setNoDelay();
  let received = "";
  let sentAt = 0;
  const send = () => {
    if (isOver) return void socket.end();
    received = "";
    sentAt = performance.now();
    socket.write(text);
  };
  const take = () => {
    const isLogin = received.startsWith("HTTP/1.1 200 ");
    if (!isLogin) refusalsMs.push(performance.now() - sentAt);
    else if (++logins === 0) firstAt = performance.now();
    // The service ends a connection after a thousand requests.
    if (/^connection: close\r$/im.test(received)) return void socket.end();
    if (isLogin) send();
    else setTimeout(send, PAUSE_MS);
  };
  return new Promise((resolve, reject) => {
    socket
      .on("connect", send)
      .on("data", (chunk) => {
        received += chunk.toString("latin1");
        const [, length] = received.match(/^content-length: (\d+)\r$/im) ?? [];
        const head = received.indexOf("\r\n\r\n");
        if (head !== -1 && received.length === head + 4 + Number(length)) take();
      })
      .once("error", reject)
      .once("close", resolve);
  });
}

/** @param {string} text */
async function runOn(text) {
  while (!isOver) await run(text);
}

parentPort?.once("message", () => {
  isOver = true;
  if (logins > 0) loginsPerSecond = (logins * 1000) / (performance.now() - firstAt);
});
await Promise.all(requests.map(runOn));
parentPort?.postMessage({ loginsPerSecond, refusalsMs });
parentPort?.close();
