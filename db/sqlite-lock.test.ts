/** What goes on while another process holds the lock of a SQLite file, and many statements wait to write. */
import { createClient } from "@libsql/client";
import { Sqlite3Client } from "@libsql/client/sqlite3";
import { expect, onTestFinished, test, vi } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { Service } from "../testing/service.ts";
import { inspectDatabase } from "./inspect.ts";
import { openDb } from "./open.ts";

const [sqlite = expect.unreachable()] = ENGINES;
const WRITES = 200;

/** Starts a service whose database another connection can lock. */
async function start() {
  const url = await sqlite.emptyDatabase();
  const service = new Service();
  await service.start({ ...sqlite, emptyDatabase: async () => url }, {});
  const other = createClient({ url });
  onTestFinished(async () => {
    vi.restoreAllMocks();
    other.close();
    await service.stop();
  });
  const person = await service.person();
  const token = await service.login(person);
  /** Starts statements that write. */
  const write = () =>
    Array.from({ length: WRITES }, () =>
      service.tegata.db.items.add({ userId: person.id, title: "x", createdAtMs: 1 }),
    );
  return { service, other, token, write };
}

test("requests that read are answered, and those that write do not try all at once", async () => {
  const { service, other, token, write } = await start();
  // A failed attempt is followed by a new connection.
  const failed = vi.spyOn(Sqlite3Client.prototype, "reconnect");
  const lock = await other.transaction("write");
  const waiting = Promise.allSettled(write());
  expect(await service.query("me", token)).toMatchObject({ status: 200 });
  // By then, in the order of their requests, each of those that write would have made an attempt.
  expect(failed.mock.calls.length).toBeLessThan(WRITES / 2);
  await lock.rollback();
  await waiting;
});

test("requests that write are done in their order when the lock is released", async () => {
  const { other, write } = await start();
  const lock = await other.transaction("write");
  const writing = write();
  await lock.rollback();
  const ids = await Promise.all(writing);
  expect(ids).toEqual(ids.toSorted((a, b) => a - b));
  expect(new Set(ids).size).toBe(WRITES);
});

test.each([
  { what: "is made", journal: "DELETE" },
  { what: "is migrated", journal: "WAL" },
])("a start while the file $what by another process waits for it", async ({ journal }) => {
  const url = await sqlite.emptyDatabase();
  const failed = vi.spyOn(Sqlite3Client.prototype, "reconnect");
  const other = createClient({ url });
  onTestFinished(() => other.close());
  await other.execute(`PRAGMA journal_mode = ${journal}`);
  const lock = await other.transaction("write");
  await lock.execute("CREATE TABLE unfinished (id INTEGER)");
  const opening = openDb(url, { migrate: true });
  await expect.poll(() => failed.mock.calls.length).toBeGreaterThan(2);
  await lock.rollback();
  await (await opening).close();
});

test("an inspection while another process writes finds that the file can be written", async () => {
  const url = await sqlite.emptyDatabase();
  await (await openDb(url, { migrate: true })).close();
  const failed = vi.spyOn(Sqlite3Client.prototype, "reconnect");
  const other = createClient({ url });
  onTestFinished(() => {
    vi.restoreAllMocks();
    other.close();
  });
  const lock = await other.transaction("write");
  const inspecting = inspectDatabase(url);
  await expect.poll(() => failed.mock.calls.length).toBeGreaterThan(0);
  await lock.rollback();
  expect(await inspecting).toMatchObject({ writeError: undefined });
});
