import { describe, expect, onTestFinished, test, vi } from "vitest";
import { type Db, openDb } from "../db/open.ts";
import { ENGINES } from "../testing/engines.ts";
import { Service } from "../testing/service.ts";
import { type Audit, openAudit } from "./audit.ts";
import { openLog } from "./log.ts";
import { OPERATOR } from "./requester.ts";

const DAY_MS = 86_400_000;
const never = new AbortController().signal;

describe.each(ENGINES)("the audit log, stored on $name", (engine) => {
  const open = async (
    now: () => number,
    use: (audit: Audit, db: Db, logged: string[]) => Promise<void>,
  ) => {
    const db = await openDb(await engine.emptyDatabase(), { migrate: true });
    onTestFinished(() => db.close());
    const logged: string[] = [];
    const log = openLog({ logLevel: "trace" }, { write: (line) => void logged.push(line) });
    const audit = openAudit({ db, log, now });
    await use(audit, db, logged);
    await audit.close();
    return db.events.list({}, { limit: 1000 });
  };
  const by = { address: "192.0.2.1", requestId: "r", userAgent: undefined };

  test("stores what is still on its way before it is closed, and says what was suppressed", async () => {
    const events = await open(Date.now, async (audit) => {
      for (let i = 0; i < 25; i += 1) audit.recordFailure({ type: "login_failed", userId: 7 }, by);
      void audit.record({ type: "logged_in", userId: 7 }, by);
    });
    const types = events.map(({ type }) => type);
    expect(types.filter((type) => type === "login_failed")).toHaveLength(10);
    expect(types).toContain("logged_in");
    expect(events.filter(({ type }) => type === "failures_suppressed")).toMatchObject([
      { userId: 7, detail: "15", address: null },
    ]);
  });

  test("if too many are waiting for the database, the log has the others", async () => {
    await open(Date.now, async (audit, db, logged) => {
      let answer = () => {};
      const answered = new Promise<void>((resolve) => {
        answer = resolve;
      });
      const add = vi.spyOn(db.events, "add").mockReturnValue(answered);
      for (let i = 0; i < 1005; i += 1) void audit.record({ type: "logged_in", userId: i }, by);
      let isClosed = false;
      const closed = audit.close().then(() => {
        isClosed = true;
      });
      await new Promise(setImmediate);
      expect(isClosed).toBe(false);
      answer();
      await closed;
      expect(add).toHaveBeenCalledTimes(1000);
      const lost = logged.map((line) => JSON.parse(line).event.userId);
      expect(lost).toEqual([1000, 1001, 1002, 1003, 1004]);
    });
  });

  test("removes what is older than the retention, and nothing if it is 0", async () => {
    let day = 0;
    const events = await open(
      () => day * DAY_MS,
      async (audit) => {
        for (day of [1, 2, 30]) await audit.record({ type: "logged_in", detail: `${day}` }, by);
        day = 31.5;
        await audit.sweep(0, never);
        await audit.sweep(30, never);
      },
    );
    expect(events.map(({ detail }) => detail)).toEqual(["30", "2"]);
  });

  test("has what a header or a proxy says only up to a length", async () => {
    const long = { address: "é".repeat(5000), requestId: "r", userAgent: "😀".repeat(5000) };
    const [event] = await open(Date.now, (audit) => audit.record({ type: "registered" }, long));
    expect(event).toMatchObject({ address: "é".repeat(100), userAgent: "😀".repeat(100) });
  });

  test("a sweep has an end, however much is old, so that a clock that jumps ahead does not empty the table", async () => {
    await open(Date.now, async (audit, db) => {
      const remove = vi.spyOn(db.events, "removeOld").mockResolvedValue(1000);
      await audit.sweep(365, never);
      expect(remove).toHaveBeenCalledTimes(10);
    });
  });
});

test.each(ENGINES)("a service on $name removes old events soon after its start", async (engine) => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const service = new Service();
  await service.start(engine, { AUDIT_RETENTION_DAYS: "2" });
  const types = async () =>
    (await service.tegata.db.events.list({}, { limit: 9 })).map(({ type }) => type);
  const record = (type: "registered" | "logged_in") =>
    service.tegata.audit.record({ type }, OPERATOR);
  await record("registered");
  service.ahead = DAY_MS;
  await record("logged_in");
  service.ahead = 2 * DAY_MS + 60_000;
  vi.advanceTimersByTime(60_000);
  vi.useRealTimers();
  await expect.poll(types).toEqual(["logged_in"]);
  await service.stop();
});
