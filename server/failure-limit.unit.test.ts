import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type FailureSource, openFailureLimit } from "./failure-limit.ts";

const reports: [count: number, source: FailureSource][] = [];
const open = () => openFailureLimit((count, source) => void reports.push([count, source]));

/** @returns how many of `count` failures are admitted */
const admitted = (
  limit: ReturnType<typeof open>,
  count: number,
  of: (i: number) => FailureSource,
) => Array.from({ length: count }, (_, i) => limit.admits(of(i))).filter(Boolean).length;

beforeEach(() => {
  vi.useFakeTimers();
  reports.length = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

describe("in one minute", () => {
  test.each<[string, (i: number) => FailureSource, recorded: number, FailureSource]>([
    [
      "of one account, from many addresses",
      (i) => ({ userId: 7, address: `a${i}` }),
      10,
      { userId: 7 },
    ],
    [
      "from one address, of many accounts",
      (i) => ({ userId: i, address: "a" }),
      10,
      { address: "a" },
    ],
    ["from one address, of unknown names", () => ({ address: "a" }), 10, { address: "a" }],
    ["of many accounts, from many addresses", (i) => ({ userId: i, address: `a${i}` }), 60, {}],
    ["of unknown names, from many addresses", (i) => ({ address: `a${i}` }), 60, {}],
  ])(
    "failures %s are recorded up to the limit, and the others counted",
    (_, of, recorded, source) => {
      const limit = open();
      expect(admitted(limit, 1000, of)).toBe(recorded);
      expect(reports).toEqual([]);
      vi.advanceTimersByTime(60_000);
      expect(reports).toEqual([[1000 - recorded, source]]);
      expect(admitted(limit, 1, of)).toBe(1);
      limit.close();
    },
  );

  test("failures up to the limit are all recorded, and nothing is reported", () => {
    const limit = open();
    expect(admitted(limit, 10, () => ({ userId: 7, address: "a" }))).toBe(10);
    vi.advanceTimersByTime(60_000);
    expect(reports).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

test("at the end, what was suppressed is reported, and no timer is left", () => {
  const limit = open();
  expect(vi.getTimerCount()).toBe(0);
  admitted(limit, 12, () => ({ userId: 7, address: "a" }));
  limit.close();
  expect(reports).toEqual([[2, { userId: 7 }]]);
  expect(vi.getTimerCount()).toBe(0);
});
