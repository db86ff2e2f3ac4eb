import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DatabaseUnavailable } from "../db/unavailable.ts";
import { openLog } from "./log.ts";
import { openPatiently } from "./patience.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const failure = (code?: string) =>
  new Error("DATABASE_URL: it cannot be used", {
    cause: new DatabaseUnavailable("no connection", {
      cause: Object.assign(new Error("why"), code === undefined ? {} : { code }),
    }),
  });

/** Opens something that fails with an error until a time in milliseconds. */
function open(error: Error, untilMs: number) {
  const lines: string[] = [];
  const log = openLog({ logLevel: "info" }, { write: (line) => void lines.push(line) });
  const startMs = performance.now();
  let tries = 0;
  const opened = openPatiently(async () => {
    tries += 1;
    if (performance.now() - startMs < untilMs) throw error;
    return "open";
  }, log).catch((cause: unknown) => cause);
  return { opened, lines, tries: () => tries };
}

test.each(["ECONNREFUSED", "ENOTFOUND", "ER_CON_COUNT_ERROR", undefined])(
  "waits for a server that fails with %s, says so every five seconds, and opens it",
  async (code) => {
    const { opened, lines } = open(failure(code), 12_000);
    await vi.advanceTimersByTimeAsync(13_000);
    expect(await opened).toBe("open");
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(
      Array(3).fill("waiting for a server before the start"),
    );
    expect(JSON.parse(lines[0] ?? "").reason).toMatch(/^DATABASE_URL: it cannot be used: /);
  },
);

test("gives up after a minute, with the error of the last attempt", async () => {
  const error = failure("ECONNREFUSED");
  const { opened, tries } = open(error, Number.POSITIVE_INFINITY);
  await vi.advanceTimersByTimeAsync(60_000);
  const soFar = tries();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await opened).toBe(error);
  expect(soFar).toBeGreaterThan(100);
  expect(tries()).toBeLessThanOrEqual(soFar + 1);
});

test.each(["ER_ACCESS_DENIED_ERROR", "ER_BAD_DB_ERROR", "SQLITE_CANTOPEN", "HANDSHAKE_SSL_ERROR"])(
  "does not wait after %s, because waiting cannot help",
  async (code) => {
    const error = failure(code);
    const { opened, lines, tries } = open(error, Number.POSITIVE_INFINITY);
    expect(await opened).toBe(error);
    expect(tries()).toBe(1);
    expect(lines).toEqual([]);
  },
);
