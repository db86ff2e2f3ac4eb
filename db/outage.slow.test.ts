import { createConnection } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
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
  const untilWell = () => vi.waitFor(isWell, { timeout: 30_000, interval: 200 });
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
    await vi.waitFor(() => expect(proxy.open()).toBeLessThanOrEqual(10), 20_000);
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
