import { expect, inject, test, vi } from "vitest";
import { startProxy } from "../testing/proxy.ts";
import { openPool } from "./mysql-pool.ts";
import { DatabaseUnavailable } from "./unavailable.ts";

const root = inject("mariadb");
const url = new URL(root ?? "mysql://unused");
const server = { host: "127.0.0.1", user: url.username, password: url.password };

/** How many TCP connections this process holds. */
const sockets = () =>
  process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;

test.runIf(root)("a wait for a connection has a deadline", async () => {
  const pool = openPool({ ...server, port: Number(url.port), connectionLimit: 1 });
  await pool.run({ text: "SELECT 1" });
  const long = pool.run({ text: "SELECT SLEEP(30)", deadlineMs: 60_000 });
  const first = await Promise.race([
    long.then(() => "the connection became free"),
    pool.run({ text: "SELECT 1" }).catch((error: unknown) => error),
  ]);
  expect(first).toBeInstanceOf(DatabaseUnavailable);
  await Promise.allSettled([pool.close(), long]);
});

test.runIf(root)("a connection that misses a deadline is destroyed, not only closed", async () => {
  const proxy = await startProxy(Number(url.port));
  const pool = openPool({ ...server, port: proxy.port, connectionLimit: 1 });
  await pool.run({ text: "SELECT 1" });
  proxy.silence();
  const before = sockets();
  const lost = pool.run({ text: "SELECT 1", deadlineMs: 200 });
  await expect(lost).rejects.toBeInstanceOf(DatabaseUnavailable);
  // A goodbye would wait for an answer.
  await expect.poll(sockets).toBe(before - 1);
  await pool.close();
  await proxy.stop();
});

test.runIf(root)(
  "a statement that cannot be closed while the pool closes ends nothing",
  async () => {
    const pool = openPool({ ...server, port: Number(url.port), connectionLimit: 1 });
    // As many as a connection keeps: the next one takes the place of the first, which is closed.
    for (let n = 1; n <= 250; n += 1) await pool.run({ text: `SELECT ${n}, ?`, params: [n] });
    const uncaught = vi.fn();
    process.prependListener("uncaughtException", uncaught);
    const running = pool.run({ text: "SELECT SLEEP(4), ?", params: [1] });
    // It has been sent to be prepared, and the answer has not been read.
    for (let tick = 0; tick < 4; tick += 1) await new Promise(process.nextTick);
    await Promise.allSettled([pool.close(), running]);
    process.removeListener("uncaughtException", uncaught);
    expect(uncaught).not.toHaveBeenCalled();
  },
);
