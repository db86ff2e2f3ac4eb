/** The log of several processes that write to the same pipe. */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { openLog } from "./log.ts";
import { openLogOutput } from "./log-output.ts";

type Done = (error: null, bytes: number) => void;

/** What was written at once, oldest first. */
const written: string[] = [];
const { write } = fs;

beforeAll(() => {
  vi.useFakeTimers();
  // A pipe would not tell where one write ends and the next begins.
  Object.assign(fs, {
    write(_fd: number, chunk: Buffer, done: Done) {
      written.push(chunk.toString());
      setTimeout(done, 1, null, chunk.length);
    },
  });
  syncBuiltinESMExports();
});
afterAll(() => {
  vi.useRealTimers();
  Object.assign(fs, { write });
  syncBuiltinESMExports();
});
beforeEach(() => {
  written.length = 0;
});

const line = (length: number) => `${"é".repeat(length / 2)}\n`;
test("whole lines are written at once, as many as a pipe takes whole", async () => {
  const output = openLogOutput(1, true);
  const lines = [...Array.from({ length: 60 }, () => line(200)), line(9_000), line(200)];
  for (const one of lines) output.write(one);
  await vi.runAllTimersAsync();
  expect(written.join("")).toBe(lines.join(""));
  for (const chunk of written) expect(chunk.endsWith("\n")).toBe(true);
  const sizes = written.map((chunk) => Buffer.byteLength(chunk));
  expect(sizes.filter((size) => size > 4096)).toEqual([9_001]);
  expect(written.length).toBeLessThan(10);
});

test("everything is written at once where no other process writes", async () => {
  const output = openLogOutput(1);
  for (let i = 0; i < 60; i += 1) output.write(line(200));
  await vi.runAllTimersAsync();
  expect(written).toHaveLength(2);
});

test.each([
  [1, undefined],
  [2, process.pid],
])("with WORKERS=%s, the process in a line is %s", (workers, pid) => {
  const lines: string[] = [];
  openLog({ logLevel: "info", workers }, { write: (line) => void lines.push(line) }).info("x");
  expect(JSON.parse(lines.join("")).pid).toBe(pid);
});

test("with several processes, a line says which one has lost lines", async () => {
  const output = openLogOutput(1, true);
  output.write(line(200));
  for (let i = 0; i < 4_000; i += 1) output.write("x".repeat(300));
  await vi.runAllTimersAsync();
  const last = JSON.parse(written.join("").trimEnd().split("\n").at(-1)?.replace(/^x+/, "") ?? "");
  expect(last).toMatchObject({ msg: "log lines were lost", pid: process.pid });
});
