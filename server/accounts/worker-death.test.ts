import { afterEach, describe, expect, test, vi } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { useService } from "../../testing/service.ts";
import { PasswordThreads } from "./password-threads.ts";

describe("a password worker that dies", () => {
  const [sqlite = expect.unreachable()] = ENGINES;
  // A comparison must take longer than it takes to end a thread.
  const service = useService(sqlite, { BCRYPT_COST: "12" });
  afterEach(() => vi.restoreAllMocks());

  const logIn = ({ email, password }: { email: string; password: string }) =>
    service.token({ grant_type: "password", username: email, password });
  /** Ends all workers when a task has begun. @returns when they have ended */
  const killWorkers = async (run: { mock: { contexts: unknown[] } }, tasks: number) => {
    await vi.waitFor(() => expect(run.mock.contexts).toHaveLength(tasks), 30_000);
    const [pool] = run.mock.contexts;
    if (!(pool instanceof PasswordThreads)) throw new Error("a task has no pool");
    await pool.close();
  };

  test("does not fail the login that it served: another one does the work again", async () => {
    const person = await service.person();
    const run = vi.spyOn(PasswordThreads.prototype, "run");
    const answer = logIn(person);
    await killWorkers(run, 1);
    expect(await answer).toMatchObject({ status: 200, json: { token_type: "Bearer" } });
    expect(run).toHaveBeenCalledTimes(2);
    expect((await logIn(person)).status).toBe(200);
    expect(service.tegata.passwords.queue()).toEqual({ waiting: 0, runningMs: 0 });
  });

  test("again and again costs one login, with an answer that says nothing, and the next one works", async () => {
    const person = await service.person();
    const run = vi.spyOn(PasswordThreads.prototype, "run");
    const answer = logIn(person);
    await killWorkers(run, 1);
    await killWorkers(run, 2);
    expect(await answer).toMatchObject({ status: 500, json: { error: "server_error" } });
    expect((await answer).text).not.toMatch(/worker|thread/);
    expect((await logIn(person)).status).toBe(200);
    expect(service.tegata.passwords.queue()).toEqual({ waiting: 0, runningMs: 0 });
  });
});
