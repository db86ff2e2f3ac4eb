import { chmodSync, chownSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { openDb } from "./open.ts";
import { makePrivate, sqlitePath } from "./sqlite-file.ts";

const [sqlite = expect.unreachable()] = ENGINES;
const modeOf = (path: string) => statSync(path).mode & 0o777;
const isRoot = process.getuid?.() === 0;

test("a database that others could read is private after the start, with its log and its folder as it was", async () => {
  const url = await sqlite.emptyDatabase();
  const path = sqlitePath(url);
  const before = await openDb(url, { migrate: true });
  onTestFinished(() => before.close());
  const files = [path, `${path}-wal`, `${path}-shm`];
  for (const file of files) chmodSync(file, 0o644);
  chmodSync(join(path, ".."), 0o755);
  const db = await openDb(url, { migrate: true });
  onTestFinished(() => db.close());
  expect(files.map(modeOf)).toEqual([0o600, 0o600, 0o600]);
  expect(modeOf(join(path, ".."))).toBe(0o755);
});

test.runIf(isRoot)("the file of another user is left alone", () => {
  const path = join(mkdtempSync(join(tmpdir(), "tegata-mode-")), "x.db");
  writeFileSync(path, "x", { mode: 0o644 });
  chownSync(path, 12_345, 12_345);
  makePrivate(path);
  expect(modeOf(path)).toBe(0o644);
  chownSync(path, 0, 0);
  makePrivate(path);
  expect(modeOf(path)).toBe(0o600);
  expect(readFileSync(path, "utf8")).toBe("x");
});
