import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { useService } from "../../testing/service.ts";

describe("a password worker that dies", () => {
  const [sqlite = expect.unreachable()] = ENGINES;
  // A comparison must take longer than it takes to end a thread.
  const service = useService(sqlite, { BCRYPT_COST: "12" });
  afterEach(() => vi.restoreAllMocks());

  const logIn = ({ email, password }: { email: string; password: string }) =>
    service.token({ grant_type: "password", username: email, password });
  const watchTasks = () => vi.spyOn(Worker.prototype, "postMessage");
  /** Ends the worker that has the last of this many tasks. @returns when it has ended */
  const killWorker = async ({ mock }: ReturnType<typeof watchTasks>, tasks: number) => {
    await expect.poll(() => mock.contexts).toHaveLength(tasks);
    const worker = mock.contexts.at(-1);
    if (!(worker instanceof Worker)) throw new Error("a task has no worker");
    await worker.terminate();
  };

  test("does not fail the login that it served: another one does the work again", async () => {
    const person = await service.person();
    const tasks = watchTasks();
    const answer = logIn(person);
    await killWorker(tasks, 1);
    expect(await answer).toMatchObject({ status: 200, json: { token_type: "Bearer" } });
    expect(tasks).toHaveBeenCalledTimes(2);
    expect((await logIn(person)).status).toBe(200);
    expect(service.tegata.passwords.queue()).toEqual({ waiting: 0, runningMs: 0 });
  });

  test("again and again costs one login, with an answer that says nothing, and the next one works", async () => {
    const person = await service.person();
    const tasks = watchTasks();
    const answer = logIn(person);
    await killWorker(tasks, 1);
    await killWorker(tasks, 2);
    expect(await answer).toMatchObject({ status: 500, json: { error: "server_error" } });
    expect((await answer).text).not.toMatch(/worker|thread/);
    expect((await logIn(person)).status).toBe(200);
    expect(service.tegata.passwords.queue()).toEqual({ waiting: 0, runningMs: 0 });
  });
});
