/** A program of the project as a process of its own: for what only a process can show. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { onTestFinished } from "vitest";

/** A process, what it has printed so far, and how it ends. */
export interface Running {
  readonly printed: () => string;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Resolves with the first match in what it prints. @throws when it ends before that. */
  until(pattern: RegExp): Promise<RegExpMatchArray>;
  signal(name: NodeJS.Signals): void;
}

/** An empty folder to run in. */
export const emptyFolder = () => mkdtempSync(join(tmpdir(), "tegata-cwd-"));

/**
 * Starts the built service, or another program by the arguments of `node`. In a test it ends with that at the latest.
 * @param env all of the environment that it gets beside the path
 */
export function run(
  env: Record<string, string>,
  { cwd = emptyFolder(), command = process.execPath, args = [resolve("dist/server/main.js")] } = {},
): Running {
  const child: ChildProcess = spawn(command, args, {
    cwd,
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  // Only what a failed test left behind still runs by then. Outside of a test the caller sees to it.
  if (process.env["VITEST"])
    onTestFinished(() => {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    });
  let text = "";
  const listeners = new Set<() => void>();
  const take = (chunk: Buffer) => {
    text += chunk;
    for (const listen of listeners) listen();
  };
  child.stdout?.on("data", take);
  child.stderr?.on("data", take);
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((done) => {
    child.once("close", (code, signal) => done({ code, signal }));
  });
  return {
    printed: () => text,
    ended,
    until: (pattern) =>
      new Promise((done, fail) => {
        const look = () => {
          const match = text.match(pattern);
          if (!match) return;
          listeners.delete(look);
          done(match);
        };
        listeners.add(look);
        void ended.then(() => fail(new Error(`it ended without ${pattern}:\n${text}`)));
        look();
      }),
    signal: (name) => void child.kill(name),
  };
}
