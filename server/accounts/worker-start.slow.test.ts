/** Password workers that cannot start: the service says so, serves the rest, and goes on when they can. */
import { cpSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { logIn, register } from "../../testing/accounts-load.ts";
import { emptyFolder, urlOf, useProcesses } from "../../testing/process.ts";

const run = useProcesses();

test("if no password worker can start, /readyz says so, the rest is served, and all is well as soon as one can", async () => {
  const folder = emptyFolder();
  cpSync("dist", join(folder, "dist"), { recursive: true });
  cpSync("package.json", join(folder, "package.json"));
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  const worker = join(folder, "dist/server/accounts/password-worker.js");
  renameSync(worker, `${worker}.sound`);
  writeFileSync(worker, 'throw new Error("a library is missing");');

  const service = run({ PORT: "0" }, { args: [join(folder, "dist/server/main.js")] });
  const url = await urlOf(service);
  const status = async (path: string) => (await fetch(url + path)).status;
  expect((await register(url, "ada@example.com")).status).toBe(500);
  await expect.poll(() => status("/readyz")).toBe(503);
  expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({
    detail: "the password workers make no progress, or cannot start",
    faults: ["queue"],
  });
  expect(await status("/trpc/isLoggedIn")).toBe(200);
  // The log has no messages of errors that are not ours, but where they come from.
  expect(service.printed()).toMatch(/"level":50.*password-worker\.js:1/);

  renameSync(`${worker}.sound`, worker);
  await expect.poll(() => status("/readyz")).toBe(200);
  expect((await register(url, "ada@example.com")).status).toBe(200);
  expect((await logIn(url, "ada@example.com")).status).toBe(200);
  service.signal("SIGTERM");
  expect(await service.ended).toEqual({ code: 0, signal: null });
});
