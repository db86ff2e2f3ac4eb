/** The programs that are measured: child processes, and what the kernel says they have cost. */
import { spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { emptyFolder } from "../testing/process.ts";

/** The unit of the times in `/proc`, in microseconds: USER_HZ is 100 on every Linux. */
const TICK_US = 10_000;
/** How long a program may take to start, in milliseconds. */
const START_MS = 60_000;

/** A running program. */
export interface Program {
  url: string;
  pid: number;
  /** How long it took from its start to its first response, in milliseconds. */
  startMs: number;
  /** Ends it, and waits for its end. */
  stop(): Promise<void>;
}

/** How to start a program. */
export interface Command {
  command: string;
  args: readonly string[];
  /** Its whole environment, apart from PATH. */
  env: Record<string, string>;
  port: number;
  /** What it can be asked without a token. */
  path: string;
}

/**
 * Starts a program, and waits until it responds. It writes its log to a file, as a service does.
 * @throws if it ends before, or does not respond within 60 seconds
 */
export async function start(how: Command): Promise<Program> {
  const { command, args, env, port, path } = how;
  const logFile = join(emptyFolder(), "log");
  const log = openSync(logFile, "a");
  const startedAt = performance.now();
  const child = spawn(command, args, {
    cwd: emptyFolder(),
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", log, log],
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  while ((await statusOf(url + path)) === undefined) {
    if (child.exitCode !== null || performance.now() - startedAt > START_MS) {
      child.kill("SIGKILL");
      throw new Error(`${command} ${args.join(" ")} did not start:\n${readFileSync(logFile)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return {
    url,
    pid: child.pid ?? 0,
    startMs: performance.now() - startedAt,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** @returns undefined until the program is ready: Tegata listens before it can answer, and says 503 */
function statusOf(url: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    get(url, { agent: false }, (res) => {
      res
        .resume()
        .once("close", () => resolve(res.statusCode === 503 ? undefined : res.statusCode));
    }).once("error", () => resolve(undefined));
  });
}

/** The CPU time of all threads of a program since its start, in microseconds. */
export function cpuUs({ pid }: Pick<Program, "pid">): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name of the program, in parentheses, may contain spaces. utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

/** The resident memory of a program, in MB (10^6 bytes). */
export function residentMb({ pid }: Program): number {
  const [, kilobytes] = readFileSync(`/proc/${pid}/status`, "utf8").match(/^VmRSS:\s*(\d+)/m) ?? [];
  return (Number(kilobytes) * 1024) / 1e6;
}
