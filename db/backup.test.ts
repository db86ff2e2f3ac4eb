import { copyFileSync, mkdtempSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { openDb } from "./open.ts";
import { sqlitePath } from "./sqlite-file.ts";

const [sqlite = expect.unreachable()] = ENGINES;
const user = { username: null, fullName: null, passwordHash: "x", createdAtMs: 1 };
const folder = () => mkdtempSync(join(tmpdir(), "tegata-backup-"));

test("after it was closed, the SQLite file alone is whole", async () => {
  const url = await sqlite.emptyDatabase();
  const db = await openDb(url, { migrate: true });
  await db.users.add({ ...user, email: "kept@example.com" });
  await db.close();
  const copy = join(folder(), "copy.db");
  copyFileSync(sqlitePath(url), copy);
  const copied = await openDb(`file:${copy}`, { migrate: false });
  expect(await copied.users.findByEmail("kept@example.com")).toBeDefined();
  await copied.close();
});

test("a backup is private and consistent while others write, and never replaces a database", async () => {
  const url = await sqlite.emptyDatabase();
  const [db, other] = [await openDb(url, { migrate: true }), await openDb(url, { migrate: true })];
  const added: Promise<unknown>[] = [];
  for (let i = 0; i < 100; i += 1)
    added.push(other.users.add({ ...user, email: `user${i}@example.com` }));
  await added[0];
  const copy = join(folder(), "deep/it's a copy.db");
  await db.backUp?.(copy);
  expect(statSync(copy).mode & 0o777).toBe(0o600);
  await Promise.all(added);
  const copied = await openDb(`file:${encodeURIComponent(copy)}`, { migrate: false });
  // The users were added one after the other: a consistent copy has a prefix of them.
  const found = await Promise.all(
    added.map(async (_, i) => Boolean(await copied.users.findByEmail(`user${i}@example.com`))),
  );
  expect(found[0]).toBe(true);
  expect(found.lastIndexOf(true)).toBe(found.filter(Boolean).length - 1);
  await copied.close();
  await expect(db.backUp?.(copy)).rejects.toThrow();
  await Promise.all([db.close(), other.close()]);
});

test("a SQLite file that must exist is not created, and the error says which setting is wrong", async () => {
  const path = join(folder(), "typo.db");
  await expect(openDb(`file:${path}`, { migrate: true, mustExist: true })).rejects.toThrow(
    /^DATABASE_URL: there is no file .*typo\.db; correct the path/,
  );
  expect(() => statSync(path)).toThrow();
});
