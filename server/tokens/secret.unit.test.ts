import fs, { chmodSync, mkdtempSync, readdirSync, readFileSync, statSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadSettings } from "../environment.ts";
import { openSecrets } from "./secret.ts";

const WINNER = "the secret of the process that was first 0123456789";

// Another process creates the file after this one has checked for it and before this one creates it. Not by `vi.mock`:
// other files of the same worker have loaded the module before.
const { mkdirSync } = fs;
beforeAll(() => {
  const mkdirAndLose = (path: string, options: object) => {
    mkdirSync(path, options);
    fs.writeFileSync(`${path}/secret`, WINNER);
  };
  Object.assign(fs, { mkdirSync: mkdirAndLose });
  syncBuiltinESMExports();
});
afterAll(() => {
  Object.assign(fs, { mkdirSync });
  syncBuiltinESMExports();
});

test("if another process stores its secret first, that secret is used and no other file is left", () => {
  const parent = mkdtempSync(join(tmpdir(), "tegata-secret-"));
  const folder = join(parent, ".data");
  const loaded = loadSettings({ DATABASE_URL: `file:${parent}/tegata.db` });
  if (loaded.is === "invalid") return expect.unreachable();
  expect(openSecrets(loaded.settings).secrets).toEqual([WINNER]);
  expect(readFileSync(join(folder, "secret"), "utf8")).toBe(WINNER);
  expect(readdirSync(folder)).toEqual([".gitignore", "secret"]);
  // A stored secret that others could read becomes private at the next start.
  chmodSync(join(folder, "secret"), 0o644);
  expect(openSecrets(loaded.settings).secrets).toEqual([WINNER]);
  expect(statSync(join(folder, "secret")).mode & 0o777).toBe(0o600);
});
