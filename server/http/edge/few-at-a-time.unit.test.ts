import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { fewAtATime } from "./few-at-a-time.ts";

test("a burst begins a few at a time, in its order, and nothing is lost", async () => {
  const begun: number[] = [];
  const begin = fewAtATime(3);
  for (let n = 0; n < 8; n += 1) begin(() => void begun.push(n));
  expect(begun).toEqual([0, 1, 2]);
  await turn();
  expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
  // What arrives now waits for those before it.
  begin(() => void begun.push(8));
  await turn();
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  await turn();
  begin(() => void begun.push(9));
  expect(begun.at(-1)).toBe(9);
});
