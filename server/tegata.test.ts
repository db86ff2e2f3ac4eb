import { afterEach, expect, test, vi } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { Service } from "../testing/service.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

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
      const [, claims = ""] = (await service.login(person)).split(".");
      service.ahead = 0;
      return JSON.parse(Buffer.from(claims, "base64url").toString()).sid;
    };
    const isGone = async (id: string) =>
      expect((await db.sessions.find(id)) === undefined).toBe(true);
    const [over, alive] = [await login(25), await login(20)];
    expect(await db.sessions.find(over)).toBeDefined();
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    await vi.waitFor(() => isGone(over));
    const next = await login(25);
    await vi.waitFor(async () => {
      await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
      await isGone(next);
    });
    expect(await db.sessions.find(alive)).toBeDefined();
    await service.stop();
    expect(vi.getTimerCount()).toBe(0);
  },
);
