/** Runs programs of the project as child processes, for tests of what only a process can show. */
import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll } from "vitest";

/** A child process. */
export interface Running {
  readonly pid: number;
  /** What it has printed so far, to both streams. */
  readonly printed: () => string;
  /** What it has printed to one of them. */
  readonly printedTo: (stream: "stdout" | "stderr") => string;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Waits for the output to match. @throws if the process ends first. */
  until(pattern: RegExp): Promise<RegExpMatchArray>;
  signal(name: NodeJS.Signals): void;
}

/** Creates an empty folder. */
export const emptyFolder = () => mkdtempSync(join(tmpdir(), "tegata-cwd-"));

/**
 * Starts a process: by default the built service, in an empty folder.
 * @param env its whole environment, apart from PATH and, where it is allowed, the lowest BCRYPT_COST
 * @param options `input`: what it reads from standard input
 */
export function run(
  env: Record<string, string>,
  {
    cwd = emptyFolder(),
    command = process.execPath,
    args = [resolve("dist/server/main.js")],
    input = "",
  } = {},
): Running {
  const child = spawn(command, args, {
    cwd,
    env: {
      PATH: process.env["PATH"],
      ...(env["NODE_ENV"] !== "production" && { BCRYPT_COST: "4" }),
      ...env,
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  // A program that ends before it has read everything.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  let text = "";
  const byStream = { stdout: "", stderr: "" };
  const listeners = new Set<() => void>();
  for (const stream of ["stdout", "stderr"] as const)
    child[stream].on("data", (chunk: Buffer) => {
      text += chunk;
      byStream[stream] += chunk;
      for (const listen of listeners) listen();
    });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  return {
    pid: child.pid ?? 0,
    printed: () => text,
    printedTo: (stream) => byStream[stream],
    ended,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = text.match(pattern);
          if (!match) return;
          listeners.delete(look);
          resolve(match);
        };
        listeners.add(look);
        void ended.then(() => reject(new Error(`it ended without ${pattern}:\n${text}`)));
        look();
      }),
    signal: (name) => void child.kill(name),
  };
}

/** Waits until a service listens. @returns its URL @throws if it ends first */
export async function urlOf(service: Running): Promise<string> {
  const [, url = ""] = await service.until(/listening on (http:\/\/127\.0\.0\.1:\d+)\n/);
  return url;
}

/**
 * Gives the tests of a file or a `describe` a function like {@link run}. After those tests it kills the processes that
 * still run, which only a failed test leaves behind.
 */
export function useProcesses(): typeof run {
  const started: Running[] = [];
  // A process that has ended ignores it.
  afterAll(() => {
    for (const running of started) running.signal("SIGKILL");
  });
  return (...args) => {
    const running = run(...args);
    started.push(running);
    return running;
  };
}

/** Makes a function that runs the built CLI to its end, with `env` as all of its settings. */
export function useCli() {
  const run = useProcesses();
  return async (env: Record<string, string>, args: readonly string[], input = "") => {
    const program = run(env, { args: [resolve("dist/server/cli/index.js"), ...args], input });
    const { code } = await program.ended;
    return { code, printed: program.printed() };
  };
}
