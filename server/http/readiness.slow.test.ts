import { afterEach, describe, expect, test } from "vitest";
import { DatabaseUnavailable } from "../../db/unavailable.ts";
import { ENGINES } from "../../testing/engines.ts";
import { holdPasswords } from "../../testing/held-passwords.ts";
import { useService } from "../../testing/service.ts";
import { runSql } from "../../testing/sql.ts";
import type { Passwords } from "../accounts/passwords.ts";
import { readinessEndpoint } from "./readiness.ts";

describe.each(ENGINES)("/readyz on $name", (engine) => {
  const service = useService(engine);
  const ask = () => service.request("GET", "/readyz");

  test("is 200 while the database answers, and must not be cached", async () => {
    const answer = await ask();
    expect(answer).toMatchObject({ status: 200, json: { status: "ok" } });
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(await service.request("HEAD", "/readyz")).toMatchObject({ status: 200, text: "" });
  });

  test("is 503 while the database does not, and names it without its error", async () => {
    const { inspect } = service.tegata.db;
    const down = async () => {
      throw new DatabaseUnavailable("no answer from user:hidden@db");
    };
    Object.assign(service.tegata.db, { inspect: down });
    await expect.poll(async () => (await ask()).status).toBe(503);
    const answer = await ask();
    expect(answer.headers.get("content-type")).toMatch(/^application\/problem\+json/);
    expect(answer.headers.get("retry-after")).toBe("5");
    expect(answer.json).toEqual({
      title: "Service Unavailable",
      status: 503,
      detail: "the database is not available",
      faults: ["database"],
    });
    expect(await service.request("GET", "/healthz")).toMatchObject({ status: 200 });
    Object.assign(service.tegata.db, { inspect });
    await expect.poll(async () => (await ask()).status).toBe(200);
  });

  test("is 503 while the database lacks a column, which a version that is not ours removed", async () => {
    const rename = (from: string, to: string) =>
      runSql(
        service.tegata.settings.databaseUrl,
        `ALTER TABLE items RENAME COLUMN ${from} TO ${to}`,
      );
    await rename("title", "label");
    await expect.poll(async () => (await ask()).json).toMatchObject({ faults: ["migrations"] });
    await rename("label", "title");
    await expect.poll(async () => (await ask()).status).toBe(200);
  });
});

describe("the check", () => {
  const [engine = expect.unreachable()] = ENGINES;
  const service = useService(engine);
  const stopped: (() => void)[] = [];
  afterEach(() => {
    for (const stop of stopped.splice(0)) stop();
  });

  /** The endpoint by itself, with a database that counts and answers when the test says so. */
  function endpoint(
    isLogWritable: () => boolean,
    answer: () => Promise<"complete">,
    passwords: Partial<Passwords> = {},
  ) {
    let reads = 0;
    const inspect = () => {
      reads += 1;
      return answer();
    };
    const { tegata } = service;
    const ready = readinessEndpoint({
      ...tegata,
      isLogWritable,
      db: { ...tegata.db, inspect },
      passwords: { ...tegata.passwords, ...passwords },
    });
    return { ready: async () => ready({} as never), reads: () => reads };
  }

  test("reads the database once for everybody who asks within a second", async () => {
    const { ready, reads } = endpoint(
      () => true,
      async () => "complete",
    );
    const replies = await Promise.all(Array.from({ length: 100 }, ready));
    expect(new Set(replies)).toEqual(
      new Set([{ headers: expect.any(Object), body: { status: "ok" } }]),
    );
    for (let i = 0; i < 100; i += 1) await ready();
    expect(reads()).toBe(1);
    await expect
      .poll(async () => {
        await ready();
        return reads();
      })
      .toBe(2);
  });

  test("is 503 if a password worker is stuck, or none can start", async () => {
    const withWorkers = (runningMs: number, works: boolean) =>
      endpoint(
        () => true,
        async () => "complete",
        { queue: () => ({ waiting: 0, runningMs }), canWork: async () => works },
      ).ready();
    expect(await withWorkers(20_000, true)).toMatchObject({ body: { status: "ok" } });
    const failed = { status: 503, body: { faults: ["queue"] } };
    expect(await withWorkers(31_000, true)).toMatchObject(failed);
    expect(await withWorkers(0, false)).toMatchObject(failed);
  });

  test("does not wait for a database that never answers", async () => {
    const { ready, reads } = endpoint(
      () => false,
      () => new Promise((resolve) => stopped.push(() => resolve("complete"))),
    );
    const [first, second] = await Promise.all([ready(), ready()]);
    expect(first).toMatchObject({
      status: 503,
      body: {
        detail: "the database is not available; the log cannot be written",
        faults: ["database", "log"],
      },
    });
    expect(second).toBe(first);
    expect(reads()).toBe(1);
  });
});

describe("a full queue is reported, and does not make the service unavailable:", () => {
  const [engine = expect.unreachable()] = ENGINES;
  // No mail server listens there: each mail waits for its next try.
  const mail = { MAIL_URL: "smtp://127.0.0.1:1", MAIL_FROM: "login@example.com" };
  const service = useService(engine, { ...mail, BCRYPT_COST: "12" });
  const answer = async () => (await service.request("GET", "/readyz")).json;

  test("that of the passwords, until it is empty", async () => {
    const person = { grant_type: "password", username: "nobody@example.com", password: "wrong" };
    // It knows how long a hash takes.
    await service.token(person);
    const { held: wait, release: goOn } = holdPasswords();
    const hangUp = new AbortController();
    const { signal } = hangUp;
    const logins = Array.from({ length: 60 }, (_, i) => {
      const body = new URLSearchParams({ ...person, username: `nobody${i}@example.com` });
      return service.request("POST", "/token", { body, signal }).catch(() => undefined);
    });
    await expect.poll(answer).toEqual({
      status: "ok",
      detail: "the queue of passwords is full: logins are refused for some seconds",
      warnings: ["passwords"],
    });
    // Those who have hung up leave the queue.
    hangUp.abort();
    await Promise.all(logins);
    wait.mockRestore();
    goOn();
    await expect.poll(answer).toEqual({ status: "ok" });
  });

  test("that of the mails", async () => {
    const about = { kind: "password_changed", requestId: undefined } as const;
    const letter = { kind: "password_changed", to: "ada@example.com", language: "en" } as const;
    for (let i = 0; i < 200; i += 1) {
      expect(service.tegata.mail.isFull()).toBe(false);
      service.tegata.mail.post(about, async () => letter);
    }
    await expect.poll(answer).toEqual({
      status: "ok",
      detail: "the queue of mails is full: mails are dropped",
      warnings: ["mail"],
    });
  });
});
