import { expect, inject, test } from "vitest";
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
