import { afterEach, expect, test, vi } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { Service } from "../testing/service.ts";

afterEach(() => {
  vi.useRealTimers();
});

test.each(ENGINES)(
  "expired sessions are removed from $name every hour, and active sessions are kept",
  async (engine) => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const service = new Service();
    await service.start(engine, { SESSION_EXPIRE_DAYS: "1" });
    const { db } = service.tegata;
    const person = await service.person();
    const sid = (token: string): string =>
      JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()).sid;
    const over = sid(await service.login(person));
    service.ahead = 20 * 3_600_000;
    const alive = sid(await service.login(person));
    service.ahead = 25 * 3_600_000;
    expect(await db.sessions.find(over)).toBeDefined();
    vi.advanceTimersByTime(3_600_000);
    await vi.waitFor(async () => expect(await db.sessions.find(over)).toBeUndefined());
    expect(await db.sessions.find(alive)).toBeDefined();
    await service.stop();
    expect(vi.getTimerCount()).toBe(0);
  },
);
