import { describe, expect, inject, test } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { freePort } from "../testing/ports.ts";
import { urlOf, useProcesses } from "../testing/process.ts";
import { startProxy } from "../testing/proxy.ts";
import { isRedisInstalled, startRedis } from "../testing/redis.ts";
import { SECRET_KEY } from "../testing/service.ts";

const run = useProcesses();

describe.runIf(inject("mariadb"))("a start before its database", () => {
  const [, mariadb = expect.unreachable()] = ENGINES;

  test("waits, says so, lives but is not ready, and comes up when the database does", async () => {
    const url = new URL(await mariadb.emptyDatabase());
    const target = Number(url.port);
    url.port = String(await freePort());
    const port = String(await freePort());
    const service = run({ PORT: port, DATABASE_URL: url.href, SECRET_KEY, METRICS_PORT: "0" });
    await service.until(/no server listens at 127\.0\.0\.1:\d+.*waiting for a server/);
    const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
    for (const method of ["GET", "HEAD"])
      expect((await fetch(`http://127.0.0.1:${port}/healthz`, { method })).status).toBe(200);
    const ready = await get("/readyz");
    expect(ready.status).toBe(503);
    expect(ready.headers.get("retry-after")).toBe("1");
    expect(await ready.json()).toMatchObject({ faults: ["starting"] });
    expect((await get("/trpc/me")).status).toBe(503);

    const proxy = await startProxy(target, Number(url.port));
    const [, metrics = ""] = await service.until(/metrics +(http:\S+)$/m);
    expect((await get("/readyz")).status).toBe(200);
    expect(await (await fetch(metrics)).text()).toContain("tegata_http_requests_total");
    expect(service.printed()).not.toContain(url.password);
    service.signal("SIGTERM");
    expect(await service.ended).toEqual({ code: 0, signal: null });
    await proxy.stop();
  });
});

test.runIf(isRedisInstalled())("a start before its Redis waits for it, too", async () => {
  const port = await freePort();
  const redis = `redis://:only-for-these-tests@127.0.0.1:${port}`;
  const service = run({ PORT: "0", SECRET_KEY, REDIS_URL: redis });
  await service.until(/REDIS_URL: the server cannot be used.*waiting for a server/);
  const server = await startRedis(port);
  await urlOf(service);
  service.signal("SIGTERM");
  expect(await service.ended).toEqual({ code: 0, signal: null });
  await server.stop();
});
