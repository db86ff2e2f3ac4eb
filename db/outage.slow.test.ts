import { createConnection } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type Mariadb, startMariadb } from "../testing/mariadb.ts";
import { startProxy, type TcpProxy } from "../testing/proxy.ts";
import { basic, Service } from "../testing/service.ts";

describe.runIf(inject("mariadb"))("a database that does not answer", () => {
  const service = new Service();
  let mariadb: Mariadb;
  let proxy: TcpProxy;
  let token: string;
  let person: Awaited<ReturnType<Service["person"]>>;
  beforeAll(async () => {
    mariadb = (await startMariadb()) ?? expect.unreachable();
    const url = new URL(mariadb.url);
    const connection = await createConnection(mariadb.url);
    await connection.query("CREATE DATABASE outage");
    await connection.end();
    proxy = await startProxy(Number(url.port));
    url.port = String(proxy.port);
    await service.start({ name: "proxy", emptyDatabase: async () => `${url}outage` }, {});
    person = await service.person();
    token = await service.login(person);
    await service.client("api");
  });
  afterAll(async () => {
    await proxy.stop();
    mariadb.signal("SIGCONT");
    await mariadb.stop();
  });

  const isWell = async () => expect((await service.query("me", token)).status).toBe(200);
  const untilWell = () =>
    expect.poll(async () => (await service.query("me", token)).status, { interval: 200 }).toBe(200);
  const busyPool = async () => {
    // Lookups of sessions share a query, lists of items do not.
    await Promise.all(Array.from({ length: 30 }, () => service.query("items.list", token)));
    expect(proxy.open()).toBeGreaterThan(5);
  };
  /** Every kind of door says so in its own words. */
  const expectUnavailable = async () => {
    const authorization = `Bearer ${token}`;
    const headers = { authorization };
    const login = { grant_type: "password", username: person.email, password: person.password };
    const [query, mutation, oauth, introspection, rest, known, fastapi, fastapiToken] =
      await Promise.all([
        service.query("me", token),
        service.mutate("register", { email: "new@example.com", password: person.password }),
        service.token(login),
        service.post("/introspect", { token }, basic("api", "the secret of api: 5%+ü")),
        service.request("GET", "/api/sessions", { headers }),
        service.request("GET", "/api/is-logged-in", { headers }),
        service.request("GET", "/users/me", { headers }),
        service.post("/api/token", login),
      ]);
    for (const answer of [
      query,
      mutation,
      oauth,
      introspection,
      rest,
      known,
      fastapi,
      fastapiToken,
    ]) {
      expect(answer.status).toBe(503);
      expect(answer.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
      expect(answer.text).not.toMatch(/mysql|select|127\.0/i);
    }
    const trpc = { error: { data: { code: "SERVICE_UNAVAILABLE", reason: "unavailable" } } };
    expect(query.json).toMatchObject(trpc);
    expect(mutation.json).toMatchObject(trpc);
    expect(oauth.json).toMatchObject({ error: "temporarily_unavailable" });
    expect(introspection.json).toMatchObject({ error: "temporarily_unavailable" });
    const problem = { title: "Service Unavailable", status: 503, reason: "unavailable" };
    expect(rest.json).toMatchObject(problem);
    expect(known.json).toMatchObject(problem);
    expect(rest.headers.get("content-type")).toContain("application/problem+json");
    expect(fastapi.json).toEqual({ detail: "Service Unavailable" });
    expect(fastapiToken.json).toEqual({ detail: "Service Unavailable" });
  };

  test("because every connection was dropped in silence costs one deadline, not the service", async () => {
    await busyPool();
    proxy.silence();
    expect((await service.query("me", token)).status).toBe(503);
    // The others are not tried one after the other.
    await isWell();
    // A lost connection is destroyed, not only left.
    await busyPool();
    await expect.poll(proxy.open).toBeLessThanOrEqual(10);
  });

  test("because it is stopped is 503 at every door, and all is well when it goes on", async () => {
    await busyPool();
    mariadb.signal("SIGSTOP");
    await expectUnavailable();
    await expectUnavailable();
    mariadb.signal("SIGCONT");
    await untilWell();
    await Promise.all(Array.from({ length: 20 }, isWell));
  });

  /**
   * The status of a request that must be answered within its deadline and some more. The timer is in the event loop of the
   * service, so a slow machine slows down both.
   */
  const within = (ms: number, answer: Promise<{ status: number }>) =>
    Promise.race([
      answer.then(({ status }) => status),
      pause(ms).then(() => `no answer within ${ms} ms`),
    ]);
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  test("while it is frozen costs each request one deadline, whatever waits before it, and the first one after that nothing", async () => {
    await isWell();
    mariadb.signal("SIGSTOP");
    // Each of them waits for the query of the one before it.
    const statuses: Promise<number | string>[] = [];
    for (let i = 0; i < 4; i += 1) {
      statuses.push(within(7_000, service.query("me", token)));
      statuses.push(
        within(
          7_000,
          service.token({ grant_type: "password", username: "a@b.c", password: "wrong" }),
        ),
      );
      await pause(1_500);
    }
    expect(new Set(await Promise.all(statuses))).toEqual(new Set([503]));
    mariadb.signal("SIGCONT");
    await isWell();
  });

  test("because it was killed is 503, and the first request after its return is served", async () => {
    await busyPool();
    await mariadb.kill(async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => within(7_000, service.query("items.list", token))),
      );
      expect(new Set(answers)).toEqual(new Set([503]));
      await expectUnavailable();
    });
    await isWell();
    await Promise.all(Array.from({ length: 20 }, isWell));
  });

  /** Reads and writes at a fixed pace, whatever becomes of those before. */
  function startLoad(people: (typeof person)[]) {
    const statuses: Promise<number | string>[] = [];
    const timer = setInterval(() => {
      const i = statuses.length;
      // A login that the outage interrupts counts as a guess: one person would have to wait after a few.
      const { email: username, password } = people[(i >> 1) % people.length] ?? person;
      const answer =
        i % 2 === 0 ? service.query("items.list", token) : service.token({ username, password });
      statuses.push(within(7_000, answer));
    }, PACE_MS);
    return {
      sent: () => statuses.length,
      stop() {
        clearInterval(timer);
        return Promise.all(statuses);
      },
    };
  }
  const PACE_MS = 100;
  /** So many requests show that all is well again. */
  const ENOUGH = 20;

  test.each([
    ["killed", 1_000, (meanwhile: () => Promise<void>) => mariadb.kill(meanwhile)],
    [
      "frozen",
      5_500,
      async (meanwhile: () => Promise<void>) => {
        mariadb.signal("SIGSTOP");
        await meanwhile();
        mariadb.signal("SIGCONT");
      },
    ],
  ])(
    "because it is %s under load is 503, and on its return none fails after the first that succeeds",
    async (_, ms, fail) => {
      await busyPool();
      const people = await Promise.all(Array.from({ length: 20 }, () => service.person()));
      const load = startLoad(people);
      // This server writes to its disk once a second: a person that it has forgotten cannot log in.
      await pause(1_500);
      await fail(() => pause(ms).then(() => undefined));
      await untilWell();
      const returned = load.sent();
      await expect.poll(load.sent).toBeGreaterThan(returned + ENOUGH);
      const statuses = await load.stop();
      expect(new Set(statuses)).toEqual(new Set([200, 503]));
      expect(new Set(statuses.slice(returned))).toEqual(new Set([200]));
    },
  );

  test("because it has no connection left is 503, and the first request after that is served", async () => {
    // The connections of the service would stay open.
    await mariadb.kill(async () => undefined);
    const operator = await createConnection(mariadb.url);
    await operator.query("SET GLOBAL max_connections = 10");
    const others: Awaited<ReturnType<typeof createConnection>>[] = [];
    const connectAnother = () =>
      createConnection(mariadb.url).then(
        (one) => others.push(one),
        () => 0,
      );
    while ((await connectAnother()) > 0);
    const count = async () => {
      const [rows] = await operator.query(
        "SELECT COUNT(*) AS open FROM information_schema.processlist",
      );
      return rows;
    };
    const full = await count();
    await expectUnavailable();
    expect((await service.request("GET", "/readyz")).status).toBe(503);
    await others.pop()?.end();
    await expect.poll(count).not.toEqual(full);
    await isWell();
    await operator.query("SET GLOBAL max_connections = 500");
    for (const one of [...others, operator]) await one.end();
  });

  test("because a row is locked is 503, and the refresh token is not used up", async () => {
    const { refresh_token } = await service.tokens(person);
    const other = await createConnection(`${mariadb.url}outage`);
    await other.query("BEGIN");
    await other.query("UPDATE refresh_tokens SET generation = generation");
    expect(await within(7_000, service.refresh(refresh_token))).toBe(503);
    await other.query("ROLLBACK");
    await other.end();
    expect((await service.refresh(refresh_token)).status).toBe(200);
  });

  test("because all connections wait for a lock is 503, and all is well afterwards", async () => {
    const other = await createConnection(`${mariadb.url}outage`);
    await other.query("LOCK TABLES users WRITE, sessions WRITE");
    const answers = await Promise.all(Array.from({ length: 25 }, () => service.query("me", token)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    await other.end();
    await untilWell();
  });

  test("because nothing listens is 503 at every door", async () => {
    await proxy.stop();
    await expectUnavailable();
  });

  test("does not keep the service from closing", async () => {
    await service.stop();
  });
});
