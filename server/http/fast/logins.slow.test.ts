/** Logins while the password queue is full: what they cost, what they count as, and that every way refuses them alike. */
import { hashSync } from "@node-rs/bcrypt";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { holdPasswords } from "../../../testing/held-passwords.ts";
import { useService } from "../../../testing/service.ts";

const PASSWORD = "correct horse battery";

describe.each(ENGINES)("while the password queue is full, on $name", (engine) => {
  const service = useService(engine, { BCRYPT_COST: "10" });
  let email: string;
  /** Lets the workers go on. */
  let finish: () => Promise<void>;

  beforeEach(async () => {
    const { db, passwords } = service.tegata;
    email = `ada${Math.random()}@example.com`;
    const person = { email, username: null, fullName: null, usernameKey: null, createdAtMs: 1 };
    await db.users.add({ ...person, passwordHash: hashSync(PASSWORD, 4) });
    // By then the workers have shown how fast they are.
    await passwords.enter(PASSWORD, async () => undefined);
    const { held: stopped, release: allow } = holdPasswords();
    const gone = new AbortController();
    const others: Promise<unknown>[] = [];
    while (!passwords.busy()) {
      others.push(passwords.hash("of somebody else", gone.signal));
      await new Promise(setImmediate);
    }
    finish = async () => {
      gone.abort();
      allow();
      await Promise.all(others);
      stopped.mockRestore();
    };
  });
  afterEach(() => finish());

  /** Every act that a password is checked or hashed for, and that needs no token. */
  const acts: Record<string, () => Promise<{ status: number; headers: Headers }>> = {
    "POST /token": () => service.token({ username: email, password: PASSWORD }),
    "POST /token/": () => service.post("/token/", { username: email, password: PASSWORD }),
    "POST /token with a scope": () =>
      service.token({ username: email, password: PASSWORD, scope: "me" }),
    "POST /token, left to Express": () =>
      service.post("/token?x=1", { username: email, password: PASSWORD }),
    "POST /token with an unknown name": () =>
      service.token({ username: "nobody", password: PASSWORD }),
    "POST /api/token": () => service.post("/api/token", { username: email, password: PASSWORD }),
    register: () => service.mutate("register", { email: "new@example.com", password: PASSWORD }),
  };

  test.each(Object.keys(acts))(
    "%s is refused before the database is asked anything",
    async (act) => {
      const { throttle, db, audit } = service.tegata;
      const spies = [
        vi.spyOn(throttle, "guess"),
        vi.spyOn(throttle, "register"),
        vi.spyOn(audit, "recordFailure"),
        ...[db.users, db.sessions, db.clients, db.events].flatMap((queries) =>
          // The sweeper asks for sessions that are over whenever it is time to.
          Object.keys(queries)
            .filter((name) => name !== "listOver")
            .map((name) => vi.spyOn(queries, name as never)),
        ),
      ];
      onTestFinished(() => spies.forEach((spy) => void spy.mockRestore()));
      const response = await acts[act]?.();
      expect(response?.status).toBe(503);
      expect(response?.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
      for (const spy of spies) expect(spy).not.toHaveBeenCalled();
    },
  );

  test("a refusal does not count as a guess", async () => {
    const guess = (password: string) => service.token({ username: email, password });
    for (let i = 0; i < 20; i += 1)
      expect(await guess("an incorrect password")).toMatchObject({ status: 503 });
    await finish();
    for (let i = 0; i < 4; i += 1)
      expect(await guess("an incorrect password")).toMatchObject({ status: 400 });
    expect(await guess(PASSWORD)).toMatchObject({ status: 200 });
  });

  test("an act that is let in keeps its place, however long the database takes", async () => {
    const { throttle, passwords } = service.tegata;
    await finish();
    const guess = throttle.guess.bind(throttle);
    const slow = vi.spyOn(throttle, "guess").mockImplementation(async (...args) => {
      const others: Promise<unknown>[] = [];
      while (!passwords.busy()) {
        others.push(passwords.hash("of somebody else"));
        await new Promise(setImmediate);
      }
      return guess(...args);
    });
    const mine = service.token({ username: email, password: PASSWORD });
    expect(await mine).toMatchObject({ status: 200 });
    slow.mockRestore();
  });

  test("an act that fails gives its place back", async () => {
    const { throttle, passwords } = service.tegata;
    await finish();
    const broken = vi.spyOn(throttle, "guess").mockRejectedValue(new Error("unexpected"));
    const attempts = Array.from({ length: 100 }, () =>
      service.token({ username: email, password: PASSWORD }),
    );
    const statuses = new Set((await Promise.all(attempts)).map(({ status }) => status));
    expect(statuses).toContain(500);
    expect(passwords.busy()).toBeUndefined();
    broken.mockRestore();
  });
});
