import { chmodSync, mkdtempSync, readdirSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { loadSettings } from "../environment.ts";
import { openSecrets } from "./secret.ts";

const WINNER = "the secret of the process that was first 0123456789";

// Another process creates the file after this one has checked for it and before this one creates it.
vi.mock("node:fs", async (original) => {
  const fs = await original<typeof import("node:fs")>();
  return {
    ...fs,
    mkdirSync(path: string, options: object) {
      fs.mkdirSync(path, options);
      fs.writeFileSync(`${path}/secret`, WINNER);
    },
  };
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
