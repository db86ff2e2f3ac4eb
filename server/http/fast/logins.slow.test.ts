/** Logins while the password queue is full: what they cost, what they count as, and that every way refuses them alike. */
import { hashSync } from "@node-rs/bcrypt";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { holdPasswords } from "../../../testing/held-passwords.ts";
import { basic, useService } from "../../../testing/service.ts";
import { createExpress } from "../app.ts";
import { type Listening, listen } from "../edge/listen.ts";
import { refuseLogins } from "./logins.ts";

const PASSWORD = "correct horse battery";
const FORM = "application/x-www-form-urlencoded";
const LISTED = "https://app.example.com";

describe.each(ENGINES)("while the password queue is full, on $name", (engine) => {
  const service = useService(engine, { BCRYPT_COST: "10", CORS_ORIGINS: LISTED });
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
    "POST /token, left to Express": () =>
      service.token({ username: email, password: PASSWORD, scope: "me" }),
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
          Object.keys(queries).map((name) => vi.spyOn(queries, name as never)),
        ),
      ];
      const response = await acts[act]?.();
      expect(response?.status).toBe(503);
      expect(response?.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
      for (const spy of spies) {
        expect(spy).not.toHaveBeenCalled();
        spy.mockRestore();
      }
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

const [engine = expect.unreachable()] = ENGINES;

describe("logins that are refused without Express", () => {
  const service = useService(engine, { CORS_ORIGINS: LISTED });
  const servers: Listening[] = [];
  afterAll(() => Promise.all(servers.map((server) => server.close())));
  const login = `grant_type=password&username=ada&password=${encodeURIComponent(PASSWORD)}`;
  const client = basic("billing", "x");

  const TAKEN: [path: string, body: string, headers?: Record<string, string>][] = [
    ["/token", login],
    ["/token", "username=ada&password=x"],
    ["/token", `&&${login}&username2=x&resource=a&resource=b`],
    ["/token", login, { origin: LISTED }],
    ["/token", login, { origin: "https://evil.example" }],
    ["/token", login, { "content-type": `${FORM};charset=UTF-8` }],
    ["/token", login, { "accept-encoding": "gzip" }],
    ["/token/", login],
    ["/api/token", login],
    ["/api/token/", "username=ada&password=x", { origin: LISTED }],
  ];
  const LEFT: typeof TAKEN = [
    ["/token", "grant_type=refresh_token&refresh_token=x"],
    ["/token", "grant_type=client_credentials"],
    ["/token", "grant_type=x&username=ada&password=x"],
    ["/token", `${login}&username=eve`],
    ["/token", `${login}&scope=me`],
    ["/token", `${login}&scope=nothing`],
    ["/token", `${login}&client_id=billing`],
    ["/token", `${login}&client_secret=x`],
    ["/token", "username=ada&password="],
    ["/token", "username=%ff&password=x"],
    ["/token", "username=ada"],
    ["/token", ""],
    ["/token", login, client],
    ["/token", login, { "content-type": "application/json" }],
    ["/token", login, { "content-type": `${FORM}; charset=latin1` }],
    ["/token", login, { "content-type": "multipart/form-data" }],
    ["/token", login, { "content-encoding": "gzip" }],
    ["/token", `${login}&x=${"y".repeat(16 * 1024)}`],
    ["/token?x=1", login],
    ["/token?password=x", login],
    ["/TOKEN", login],
    ["/token//", login],
    ["/api/token", "username=ada"],
    ["/api/token", `${login}&scope=nothing`],
    ["/revoke", "token=x"],
  ];

  test("get the answer that Express gives, and everything else is left to it", async () => {
    const { tegata } = service;
    vi.spyOn(tegata.passwords, "busy").mockReturnValue({ is: "busy", retryAfterSeconds: 7 });
    vi.spyOn(tegata.passwords, "enter").mockResolvedValue({ is: "busy", retryAfterSeconds: 7 });
    const express = createExpress(tegata);
    let left = 0;
    const ours = refuseLogins(tegata, (req, res) => {
      left += 1;
      express(req, res);
    });
    for (const handler of [ours, express])
      servers.push(await listen(handler, { host: "127.0.0.1", port: 0, keepAliveSeconds: 1 }));
    const send = async (
      server: Listening | undefined,
      [path, body, headers]: (typeof TAKEN)[0],
    ) => {
      const response = await fetch(`${server?.url}${path}`, {
        method: "POST",
        body: new TextEncoder().encode(body),
        headers: { "content-type": FORM, ...headers },
      });
      const incidental = ["date", "x-request-id", "content-length", "transfer-encoding"];
      const kept = [...response.headers].filter(([name]) => !incidental.includes(name));
      return { status: response.status, headers: kept.toSorted(), body: await response.text() };
    };
    for (const [requests, expected] of [
      [TAKEN, 0],
      [LEFT, 1],
    ] as const)
      for (const request of requests) {
        left = 0;
        const answer = await send(servers[0], request);
        expect(answer, request.join(" ")).toEqual(await send(servers[1], request));
        expect(left, request.join(" ")).toBe(expected);
        if (expected === 0) expect(answer.status).toBe(503);
      }
    vi.restoreAllMocks();
  });
});
