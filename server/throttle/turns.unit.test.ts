import { expect, test, vi } from "vitest";
import { DatabaseUnavailable } from "../../db/unavailable.ts";
import { turns } from "./turns.ts";

/** Three pieces of work with one key, of which the first fails. */
async function runThree(error: Error) {
  const inTurn = turns();
  const work = vi.fn(async () => "done");
  const results = await Promise.allSettled([
    inTurn("key", () => Promise.reject(error)),
    inTurn("key", work),
    inTurn("key", work),
  ]);
  return { inTurn, work, failed: results.map(({ status }) => status === "rejected") };
}

test("those who wait do not ask a database that did not answer the one before, and the next one does", async () => {
  const { inTurn, work, failed } = await runThree(new DatabaseUnavailable("no answer"));
  expect(failed).toEqual([true, true, true]);
  expect(work).not.toHaveBeenCalled();
  expect(await inTurn("key", work)).toBe("done");
});

test("any other failure is that of its own work", async () => {
  const { work, failed } = await runThree(new Error("not known"));
  expect(failed).toEqual([true, false, false]);
  expect(work).toHaveBeenCalledTimes(2);
});
