import { execFileSync } from "node:child_process";
import { constants, mkdtempSync, openSync, readSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openLogOutput } from "./log-output.ts";

/**
 * Opens both ends of a pipe that nobody reads until the test does. It stays open: what is still to be written would end up
 * in the next file with that number.
 */
function openPipe(): number {
  const path = join(mkdtempSync(join(tmpdir(), "tegata-pipe-")), "pipe");
  execFileSync("mkfifo", [path]);
  return openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
}

function read(fd: number): string {
  const buffer = Buffer.alloc(4_000_000);
  try {
    return buffer.toString("utf8", 0, readSync(fd, buffer));
  } catch {
    // There is nothing at the moment.
    return "";
  }
}

describe("a log that nobody reads", () => {
  test("keeps what it can, says so, and goes on later", async () => {
    const fd = openPipe();
    const output = openLogOutput(fd);
    const lines = Array.from(
      { length: 30_000 },
      (_, i) => `{"line":${i},"is":"${"x".repeat(50)}"}\n`,
    );
    for (const line of lines) output.write(line);
    expect(output.isWritable()).toBe(true);
    await expect.poll(output.isWritable).toBe(false);

    let text = "";
    await expect
      .poll(() => {
        text += read(fd);
        return text;
      })
      .toContain("log lines were lost");
    await expect.poll(output.isWritable).toBe(true);
    const written = text.trim().split("\n");
    const last = JSON.parse(written.pop() ?? "");
    expect(last).toEqual({
      level: 40,
      time: expect.any(Number),
      lost: lines.length - written.length,
      msg: "log lines were lost",
    });
    expect(last.lost).toBeGreaterThan(1_000);
    expect(written).toEqual(lines.slice(0, written.length).map((line) => line.trim()));

    output.write("later\n");
    await expect.poll(() => read(fd)).toBe("later\n");
  });

  test("does not keep the process from ending", async () => {
    const fd = openPipe();
    const output = openLogOutput(fd);
    for (let i = 0; i < 5_000; i += 1) output.write(`${"x".repeat(50)}\n`);
    await output.end();
    expect(read(fd).length).toBeLessThan(5_000 * 51);
  });
});

test("the end waits for what is written", async () => {
  const fd = openPipe();
  const output = openLogOutput(fd);
  output.write("one\n");
  output.write("two\n");
  await output.end();
  expect(read(fd)).toBe("one\ntwo\n");
});

test("a disk that is full is noticed", async () => {
  const output = openLogOutput(openSync("/dev/full", "w"));
  output.write("x\n");
  await expect.poll(output.isWritable).toBe(false);
});
