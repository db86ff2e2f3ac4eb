import { decodeJwt } from "jose";
import { afterEach, expect, test, vi } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { Service } from "../testing/service.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const realSetTimeout = setTimeout;
/** Lets time pass slowly enough for the deadlines of statements. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1000) {
    await vi.advanceTimersByTimeAsync(1000);
    await new Promise((resolve) => realSetTimeout(resolve, 10));
  }
}

afterEach(() => {
  vi.useRealTimers();
});

test.each(ENGINES)(
  "sessions that are over are removed from $name a minute after the start and then every ten minutes",
  async (engine) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const service = new Service();
    await service.start(engine, { SESSION_EXPIRE_DAYS: "1" });
    const { db } = service.tegata;
    const person = await service.person();
    /** Logs in some hours ago. @returns the id of the session */
    const login = async (hoursAgo: number): Promise<string> => {
      service.ahead = -hoursAgo * HOUR_MS;
      const token = await service.login(person);
      service.ahead = 0;
      return decodeJwt<{ sid: string }>(token).sid;
    };
    const [over, alive] = [await login(25), await login(20)];
    expect(await db.sessions.find(over)).toBeDefined();
    await pass(MINUTE_MS);
    await expect.poll(() => db.sessions.find(over)).toBeUndefined();
    const next = await login(25);
    await pass(10 * MINUTE_MS);
    await expect.poll(() => db.sessions.find(next)).toBeUndefined();
    expect(await db.sessions.find(alive)).toBeDefined();
    await service.stop();
    service.logged.length = 0;
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    // A sweep of a closed database would be an error.
    expect(service.logged).toEqual([]);
  },
);
