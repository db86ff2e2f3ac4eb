/** How many threads the processes of a machine hash passwords in. */
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { PasswordThreads } from "./password-threads.ts";
import { openPasswords } from "./passwords.ts";

const { availableParallelism } = os;
beforeAll(() => {
  Object.assign(os, { availableParallelism: () => 5 });
  syncBuiltinESMExports();
});
afterAll(() => {
  Object.assign(os, { availableParallelism });
  syncBuiltinESMExports();
});

const settings = { bcryptCost: 4, passwordMinLength: 8, issuer: "https://tegata.test" };

test.each([
  [1, 5],
  [2, 2],
  [4, 1],
  [9, 1],
])("with 5 processors and WORKERS=%s, each process has %s threads", async (workers, threads) => {
  const { run } = PasswordThreads.prototype;
  let [running, most] = [0, 0];
  const counting = vi.spyOn(PasswordThreads.prototype, "run").mockImplementation(function (
    this: PasswordThreads,
    task,
  ) {
    most = Math.max(most, ++running);
    return run.call(this, task).finally(() => {
      running -= 1;
    });
  });
  const passwords = openPasswords({ ...settings, workers }, { cost: 0, recipes: new Map() });
  await Promise.all(Array.from({ length: 20 }, () => passwords.hash("correct horse battery")));
  expect(most).toBe(threads);
  await passwords.close();
  counting.mockRestore();
});
