/** Runs a Redis server for the tests, in memory only and on a free port of 127.0.0.1. */
import { spawn, spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { freePort } from "./ports.ts";

const PASSWORD = "only-for-these-tests";

/** A running server. */
export interface Redis {
  url: string;
  signal: (name: NodeJS.Signals) => void;
  stop: () => Promise<void>;
}

/** Whether `redis-server` is installed. @throws in CI if it is not */
export function isRedisInstalled(): boolean {
  const installed = spawnSync("redis-server", ["--version"]).status === 0;
  if (!installed && process.env["CI"])
    throw new Error("redis-server is not installed. CI must test it.");
  return installed;
}

/** Starts the server. @throws if it does not start */
export async function startRedis(port?: number): Promise<Redis> {
  const used = port ?? (await freePort());
  const options = ["--port", String(used), "--bind", "127.0.0.1", "--requirepass", PASSWORD];
  const memoryOnly = ["--save", "", "--appendonly", "no", "--dir", tmpdir()];
  const server = spawn("redis-server", [...options, ...memoryOnly], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<void>((resolve) => server.once("close", () => resolve()));
  let log = "";
  await new Promise<void>((resolve, reject) => {
    server.stdout.on("data", (chunk: Buffer) => {
      log += chunk;
      if (log.includes("Ready to accept connections")) resolve();
    });
    void ended.then(() => reject(new Error(`Redis did not start:\n${log}`)));
  });
  return {
    url: `redis://:${PASSWORD}@127.0.0.1:${used}`,
    signal: (name) => void server.kill(name),
    async stop() {
      server.kill("SIGKILL");
      await ended;
    },
  };
}
