/** The threads themselves: when they are started, and what an error does to them. */
import { readdirSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PasswordThreads } from "./password-threads.ts";
import type { Task } from "./password-worker.js";

let threads: PasswordThreads;
beforeEach(() => {
  threads = new PasswordThreads();
});
afterEach(() => threads.close());

const TASK: Task = { do: "hash", password: Buffer.from("correct horse battery"), cost: 4 };
/** Does this many tasks at the same time. */
const run = (count: number, task = TASK) =>
  Promise.all(Array.from({ length: count }, () => threads.run(task)));

/** How many threads of this process have a lower priority: no others do. */
const countThreads = () =>
  readdirSync("/proc/self/task").filter((thread) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")")).split(" ")[17]) >= 10;
  }).length;

test.runIf(process.platform === "linux")(
  "a thread is started only if all others are busy",
  async () => {
    const before = countThreads();
    const expectThreads = (count: number) => expect(countThreads() - before).toBe(count);
    await run(1);
    await run(1);
    expectThreads(1);
    await run(3);
    expectThreads(3);
    await run(2);
    expectThreads(3);
    await threads.close();
    expectThreads(0);
  },
);

test("an error fails the task, and the next one is done", async () => {
  await run(1);
  await expect(run(2, { ...TASK, cost: 99 })).rejects.toThrow(/cost/i);
  expect(await run(2)).toEqual(Array(2).fill(expect.stringMatching(/^\$2b\$04\$/)));
});

test("a task whose thread is ended fails, and no other thread does it again", async () => {
  const again = threads.run({ ...TASK, cost: 12 }).catch(() => threads.run(TASK));
  await Promise.all([expect(again).rejects.toThrow("are closed"), threads.close()]);
});
