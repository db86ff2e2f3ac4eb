import { setTimeout } from "node:timers/promises";
import { decodeProtectedHeader } from "jose";
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { Service } from "../../testing/service.ts";
import { openKeys } from "./keys.ts";

const OLD = "the old secret of this test and long enough 0123";
const NEW = "the new secret of this test and long enough 9876";

describe.each(ENGINES)("SECRET_KEY on $name", (each) => {
  test("can be changed under load, one instance at a time, and no token fails", {
    timeout: 120_000,
  }, async () => {
    const url = await each.emptyDatabase();
    const shared = { ...each, emptyDatabase: async () => url };
    const start = async (secrets: string) => {
      const service = new Service();
      await service.start(shared, { SECRET_KEY: secrets });
      return service;
    };
    const pair = [await start(OLD), await start(OLD)];
    const any = () => pair[Math.floor(Math.random() * pair.length)] ?? expect.unreachable();
    /** Each caller has an account: a throttle admits few logins at once with the same. */
    const [first = expect.unreachable()] = pair;
    const register = () => first.person();

    let over = false;
    const counts = { me: 0, refresh: 0, retried: 0 };
    const failures: string[] = [];
    /** A caller whose requests go to a random instance. It refreshes continuously, and sometimes twice at once. */
    const caller = async () => {
      let tokens = await any().tokens(await register());
      while (!over) {
        const me = await any().query("me", tokens.access_token);
        counts.me += 1;
        if (me.status !== 200) failures.push(`me ${me.status} ${me.text}`);
        const again = Math.random() < 0.3 ? [any(), any()] : [any()];
        const answers = await Promise.all(
          again.map((service) => service.refresh(tokens.refresh_token)),
        );
        counts.refresh += 1;
        counts.retried += again.length - 1;
        const children = answers.map(({ status, json, text }) => {
          if (status !== 200) failures.push(`refresh ${status} ${text}`);
          return json as typeof tokens;
        });
        if (new Set(children.map((child) => child.refresh_token)).size > 1)
          failures.push("two children");
        tokens = children[0] ?? tokens;
        if (failures.length > 0) return;
        await setTimeout(5);
      }
    };
    const callers = Array.from({ length: 6 }, caller);
    /** Waits until the callers have used the pair as it is now. */
    const used = async () => {
      const { me, retried } = counts;
      while (failures.length === 0 && (counts.me < me + 15 || counts.retried < retried + 2))
        await setTimeout(20);
    };
    // Every instance can verify with the new secret before any instance signs with it.
    const retired: Service[] = [];
    for (const secrets of [`${OLD},${NEW}`, `${NEW},${OLD}`])
      for (const i of [0, 1]) {
        await used();
        const replaced = pair[i];
        pair[i] = await start(secrets);
        if (replaced) retired.push(replaced);
      }
    await used();
    over = true;
    await Promise.all(callers);
    const last = await any().login(await register());
    await Promise.all([...retired, ...pair].map((service) => service.stop()));

    expect(failures).toEqual([]);
    expect(counts.me).toBeGreaterThan(50);
    expect(counts.retried).toBeGreaterThan(5);
    const { kid } = decodeProtectedHeader(last);
    expect(kid).toBe((await openKeys([NEW], [])).signing.jwk.kid);
  });
});
