import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { PASSWORD, useService } from "../../testing/service.ts";
import type { Listening } from "./edge/listen.ts";
import { listenForMetrics } from "./metrics.ts";

const [sqlite = expect.unreachable()] = ENGINES;

/** The samples of a text of Prometheus: `name{labels}` and the value. */
const samplesOf = (text: string) =>
  new Map(
    text
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]),
  );

describe("without METRICS_PORT", () => {
  const service = useService(sqlite);

  test("nothing is counted, and no port is opened", async () => {
    expect(service.tegata.metrics).toBeUndefined();
    expect(await listenForMetrics(service.tegata.metrics, service.tegata.settings)).toBeUndefined();
    expect((await service.request("GET", "/metrics")).status).toBe(404);
  });
});

test("a worker that does not answer in time makes the page 503, and ends nothing", async () => {
  const render = async () => Promise.reject(new Error("Operation timed out."));
  const settings = { host: "127.0.0.1", metricsPort: 0, keepAliveSeconds: 75 };
  const page = (await listenForMetrics({ render }, settings)) ?? expect.unreachable();
  onTestFinished(() => page.close());
  const answer = await fetch(`${page.url}/metrics`);
  expect(answer.status).toBe(503);
  expect(answer.headers.get("retry-after")).toBe("5");
});

describe.each(ENGINES)("metrics on $name", (engine) => {
  const service = useService(engine, { METRICS_PORT: "0" });
  let page: Listening;
  beforeAll(async () => {
    page =
      (await listenForMetrics(service.tegata.metrics, service.tegata.settings)) ??
      expect.unreachable();
  });
  afterAll(() => page.close());

  const read = async () => (await fetch(`${page.url}/metrics`)).text();
  const sampleOf = async (sample: string) => samplesOf(await read()).get(sample) ?? 0;
  /** By how much a sample grows while something is done. */
  const growth = async (sample: string, act: () => Promise<unknown>) => {
    const before = await sampleOf(sample);
    await act();
    return (await sampleOf(sample)) - before;
  };
  const requests = (method: string, route: string, status: number | string) =>
    `tegata_http_requests_total{method="${method}",route="${route}",status="${status}"}`;

  test("are served at /metrics of their own port, and at no other path", async () => {
    const response = await fetch(`${page.url}/metrics?x`);
    expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect((await fetch(page.url)).status).toBe(404);
    expect((await fetch(`${page.url}/metrics`, { method: "POST" })).status).toBe(405);
    expect((await service.request("GET", "/metrics")).status).toBe(404);
  });

  test.each([
    ["GET", "/trpc/me", "GET", "/trpc/me", 401],
    ["GET", "/trpc/isLoggedIn?input=1", "GET", "/trpc/isLoggedIn", 200],
    ["GET", "/trpc/isLoggedIn,me?batch=1", "GET", "/trpc/(batch)", 207],
    ["GET", "/trpc/no-such-1f3", "GET", "other", 404],
    ["GET", "/api/is-logged-in", "GET", "/api/is-logged-in", 200],
    ["DELETE", "/api/items/4711", "DELETE", "/api/items/:id", 401],
    ["GET", "/users/me/", "GET", "/users/me/", 401],
    ["POST", "/token", "POST", "/token", 400],
    ["PUT", "/token", "PUT", "/token", 405],
    ["GET", "/.well-known/jwks.json", "GET", "/.well-known/jwks.json", 200],
    ["GET", "/no/such/path/9", "GET", "other", 404],
    ["DELETE", "/api/items/%ff", "DELETE", "/api/items/:id", 400],
    ["PROPFIND", "/healthz", "other", "/healthz", 405],
  ])("a %s of %s is counted as %s %s %d", async (method, path, counted, route, status) => {
    const act = () => service.request(method, path);
    expect(await growth(requests(counted, route, status), act)).toBe(1);
  });

  test("a caller that hangs up is counted as such", async () => {
    const sample = requests("POST", "/token", "aborted");
    const before = await sampleOf(sample);
    const { port } = new URL(service.url);
    const socket = connect(Number(port), "127.0.0.1");
    socket.write("POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", () =>
      setTimeout(() => socket.destroy(), 50),
    );
    await expect.poll(() => sampleOf(sample)).toBe(before + 1);
  });

  test("whatever callers send, the number of series is bounded and none has a name, an address or a secret", async () => {
    const person = await service.person({ fullName: "Ada Lovelace" });
    const { access_token, refresh_token } = await service.tokens(person);
    const send = async (i: number) => {
      await service.request("GET", `/${i}/${person.email}`);
      await service.query(`nothing${i}`, access_token);
      await service.request("DELETE", `/api/items/${i}`);
      await service.token({ grant_type: "password", username: `nobody${i}`, password: `p${i}` });
      await service.refresh(`${i}.x.1.y.z`);
    };
    await send(0);
    // Those of the process come and go with what it has open.
    const count = (text: string) =>
      [...samplesOf(text).keys()].filter((sample) => sample.startsWith("tegata_")).length;
    const series = count(await read());
    for (let i = 1; i < 20; i += 1) await send(i);
    const text = await read();
    expect(count(text)).toBe(series);
    for (const secret of [
      person.email,
      PASSWORD,
      access_token,
      refresh_token,
      "Ada",
      "nobody",
      "127.0.0.1",
    ])
      expect(text).not.toContain(secret);
  });

  test("outcomes of logins, registrations and refreshes are counted, also those that are not recorded one by one", async () => {
    const event = (type: string, detail = "") =>
      `tegata_events_total{type="${type}",detail="${detail}"}`;
    const outcome = (of: string) => `tegata_refreshes_total{outcome="${of}"}`;
    expect(await growth(event("registered"), () => service.person())).toBe(1);
    const person = await service.person();
    let tokens = { refresh_token: "" };
    const login = async () => {
      tokens = await service.tokens(person);
    };
    expect(await growth(event("logged_in"), login)).toBe(1);
    const refresh = () => service.refresh(tokens.refresh_token);
    expect(await growth(outcome("refreshed"), refresh)).toBe(1);
    expect(await growth(outcome("refused"), () => service.refresh("unknown"))).toBe(1);
    const fail = async () => {
      for (let i = 0; i < 30; i += 1)
        await service.token({ grant_type: "password", username: `x${i}@y.z`, password: "wrong" });
    };
    expect(await growth(event("login_failed", "unknown_name"), fail)).toBe(30);
  });

  test("revocations are counted by outcome", async () => {
    await service.client("strangers", { public: true });
    const [mine, theirs] = await Promise.all(
      [1, 2].map(async () => service.tokens(await service.person())),
    );
    const revoke = (token = "", more: Record<string, string> = {}) =>
      service.post("/revoke", { token, ...more });
    const outcome = (of: string) => `tegata_revocations_total{outcome="${of}"}`;
    const acts: [string, () => Promise<unknown>][] = [
      ["revoked", () => revoke(mine?.refresh_token)],
      ["inactive", () => revoke(mine?.refresh_token)],
      ["inactive", () => revoke("unknown")],
      ["refused", () => revoke(theirs?.access_token, { client_id: "strangers" })],
      ["revoked", () => revoke(theirs?.access_token)],
    ];
    for (const [of, act] of acts) expect(await growth(outcome(of), act), of).toBe(1);
  });

  test("attempts that the throttle refuses are counted", async () => {
    const person = await service.person();
    const wrong = { grant_type: "password", username: person.email, password: "wrong" };
    const fail = async () => {
      for (let i = 0; i < 6; i += 1) await service.token(wrong);
    };
    expect(await growth('tegata_throttled_total{act="password"}', fail)).toBe(1);
  });

  test("the work for passwords is measured, and what waits is shown", async () => {
    const count = "tegata_password_seconds_count";
    expect(await growth(count, () => service.person())).toBe(1);
    const samples = samplesOf(await read());
    for (const gauge of ["password_queue_length", "database_in_use", "database_waiting"])
      expect(samples.get(`tegata_${gauge}`)).toBe(0);
  });

  test("each metric of the dashboard and the guide exists, and each of ours is in both", async () => {
    const text = await read();
    const names = [...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name = ""]) => name);
    const known = new Set(
      names.flatMap((name) => [name, ...["_bucket", "_sum", "_count"].map((end) => name + end)]),
    );
    const dashboard = readFileSync("docs/grafana.json", "utf8");
    const guide = readFileSync("docs/operations.md", "utf8");
    const shown = [...(dashboard + guide).matchAll(/\b(?:tegata|nodejs|process)_\w+/g)];
    expect(shown.length).toBeGreaterThan(10);
    expect(shown.map(([name]) => name).filter((name) => !known.has(name))).toEqual([]);
    for (const name of names.filter((one) => one.startsWith("tegata_"))) {
      expect(dashboard).toContain(name);
      expect(guide).toContain(`\`${name}\``);
    }
  });
});
