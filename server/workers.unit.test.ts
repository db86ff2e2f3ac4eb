import cluster, { Worker } from "node:cluster";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openLog } from "./log.ts";
import { startWorkers } from "./workers.ts";

const ISSUER = "http://127.0.0.1:1234";
const HERE = { text: "here it is", issuer: ISSUER };

/** A worker that does only what a test says. */
const fakeWorker = () => Object.assign(new Worker(), { process: { pid: 1 }, send: vi.fn() });
type Fake = ReturnType<typeof fakeWorker>;

let forked: Fake[];
/** The environments that the workers were started with, beside that of this process. */
let given: unknown[];
const logged: string[] = [];
const log = openLog({ logLevel: "info" }, { write: (line) => void logged.push(line) });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "performance"] });
  forked = [];
  given = [];
  logged.length = 0;
  vi.spyOn(cluster, "fork").mockImplementation((env) => {
    const worker = fakeWorker();
    forked.push(worker);
    given.push(env);
    Object.assign(cluster, { workers: forked });
    return worker;
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const start = async (count: number) => {
  const starting = startWorkers(count, log);
  forked[0]?.emit("message", HERE);
  await vi.advanceTimersByTimeAsync(0);
  for (const worker of forked) worker.emit("message", HERE);
  const workers = await starting;
  if (!workers) throw new Error("they did not start");
  return workers;
};
const end = async (worker: Fake | undefined, afterMs: number) => {
  await vi.advanceTimersByTimeAsync(afterMs);
  worker?.emit("exit", 1, null);
  await vi.advanceTimersByTimeAsync(0);
};

test("the others start after the first, and do not migrate", async () => {
  const starting = startWorkers(3, log);
  expect(forked).toHaveLength(1);
  forked[0]?.emit("message", HERE);
  await vi.advanceTimersByTimeAsync(0);
  forked[1]?.emit("message", HERE);
  // One that ends instead does not keep the others waiting.
  forked[2]?.emit("exit", 1, null);
  expect(await starting).toMatchObject(HERE);
  expect(given).toEqual([
    undefined,
    { MIGRATE_ON_START: "false", ISSUER },
    { MIGRATE_ON_START: "false", ISSUER },
  ]);
});

test("if the first ends before it serves, nothing else starts", async () => {
  const starting = startWorkers(3, log);
  forked[0]?.emit("exit", 1, null);
  expect(await starting).toBeUndefined();
  expect(forked).toHaveLength(1);
});

test("one that dies is replaced at once, one that dies at once after five seconds", async () => {
  await start(2);
  await end(forked[0], 60_000);
  expect(forked).toHaveLength(3);
  for (let started = 3; started < 8; started += 1) {
    await end(forked[started - 1], 100);
    await vi.advanceTimersByTimeAsync(4_800);
    expect(forked).toHaveLength(started);
    await vi.advanceTimersByTimeAsync(100);
    expect(forked).toHaveLength(started + 1);
  }
  expect(logged).toHaveLength(6);
});

test("all are told to stop, again and again, and none is replaced", async () => {
  const workers = await start(2);
  let isStopped = false;
  const stopped = workers.stop().then(() => {
    isStopped = true;
  });
  await vi.advanceTimersByTimeAsync(1_000);
  for (const worker of forked) expect(worker.send).toHaveBeenCalledTimes(2);
  await end(forked[0], 0);
  expect(isStopped).toBe(false);
  await end(forked[1], 10_000);
  await stopped;
  expect(forked).toHaveLength(2);
  expect(logged).toEqual([]);
});

test("one that was about to be replaced is not, if they are told to stop", async () => {
  const workers = await start(1);
  await end(forked[0], 0);
  await workers.stop();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(forked).toHaveLength(1);
});
