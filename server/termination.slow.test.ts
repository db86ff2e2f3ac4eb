import { describe, expect, test } from "vitest";
import { type Account, logIn, refresh, work } from "../testing/accounts-load.ts";
import { ENGINES } from "../testing/engines.ts";
import { urlOf, useProcesses } from "../testing/process.ts";
import { SECRET_KEY } from "../testing/service.ts";

const run = useProcesses();

describe.each(ENGINES)("SIGTERM under load, on $name", (engine) => {
  test("loses nothing that was confirmed, and nothing that was in flight", async () => {
    const env = {
      PORT: "0",
      DATABASE_URL: await engine.emptyDatabase(),
      SECRET_KEY,
      LOG_LEVEL: "info",
    };
    const start = async () => {
      const service = run(env);
      const url = await urlOf(service);
      return { service, url };
    };
    const first = await start();
    const accounts: Account[] = await work(first.url, "user", 10_000, (count) => {
      if (count === 100) first.service.signal("SIGTERM");
    });
    // It gives up after 9.5 seconds, and would then end with 1.
    expect(await first.service.ended).toEqual({ code: 0, signal: null });
    const statuses = [...first.service.printed().matchAll(/"status":(\d+)/g)].map(([, one]) => one);
    expect(new Set(statuses)).toEqual(new Set(["200"]));
    expect(first.service.printed()).not.toContain('"aborted":true');

    const confirmed = accounts.filter(({ isConfirmed }) => isConfirmed);
    const registered = first.service.printed().match(/"path":"\/trpc\/register","status":200/g);
    expect(confirmed.length).toBeGreaterThan(10);
    expect(registered).toHaveLength(confirmed.length);

    const second = await start();
    for (const { email, tokens } of confirmed) {
      expect(await logIn(second.url, email)).toMatchObject({ status: 200 });
      const [last] = tokens.slice(-1);
      if (last) expect(await refresh(second.url, last)).toMatchObject({ status: 200 });
    }
    second.service.signal("SIGTERM");
    await second.service.ended;
  });
});
