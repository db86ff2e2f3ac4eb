/** How many threads the processes of a machine hash passwords in. */
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
import { Piscina } from "piscina";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
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
  const run = vi.spyOn(Piscina.prototype, "run");
  const passwords = openPasswords({ ...settings, workers }, { cost: 0, recipes: new Map() });
  await passwords.hash("correct horse battery");
  const [pool] = run.mock.contexts;
  expect(pool).toHaveProperty("threads.length", threads);
  await passwords.close();
  run.mockRestore();
});
