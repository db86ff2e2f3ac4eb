import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { type HttpResponse, useService } from "../../testing/service.ts";

const FLOOD = 200;
/** How much two floods may add to the memory, in MiB. */
const LEAK = 3;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** The memory in use, in bytes. */
const memory = () => {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

describe.each(ENGINES)("200 simultaneous logins, on $name", (engine) => {
  const service = useService(engine, { BCRYPT_COST: "10" });
  let flooded = 0;

  /** Sends them all at once, to every door, some of them registrations. */
  const flood = async (person: { email: string; password: string }): Promise<HttpResponse[]> => {
    flooded += 1;
    const { email, password } = person;
    return Promise.all(
      Array.from({ length: FLOOD }, (_, i) => {
        const other = `flood${flooded}.${i}@example.com`;
        if (i % 8 === 0) return service.mutate("register", { email: other, password });
        // Most with names of their own: a throttle admits few parallel logins with the same.
        const login = { username: i % 8 === 1 ? email : other, password };
        if (i % 4 === 1) return service.post("/api/token", login);
        return service.token({ grant_type: "password", ...login });
      }),
    );
  };

  test("succeed or are told when to try again, while those who are logged in are served", async () => {
    const person = await service.person();
    const token = await service.login(person);
    let isOver = false;
    const answers = flood(person).finally(() => {
      isOver = true;
    });
    let served = 0;
    for (; !isOver; served++)
      expect(await service.query("me", token)).toMatchObject({ status: 200 });
    // Most of the flood takes as long as dozens of these.
    expect(served).toBeGreaterThan(20);

    const all = await answers;
    expect(all.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    // An unknown name is 400 or, at /api/token, 401.
    const refused = all.filter(({ status }) => ![200, 400, 401].includes(status));
    expect(refused.some(({ status }) => status === 503)).toBe(true);
    for (const { status, headers } of refused) {
      expect([429, 503]).toContain(status);
      expect(headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
    }
    for (const { text } of refused.filter(({ status }) => status === 503))
      expect(text).toMatch(/temporarily_unavailable|too many logins at once|"reason":"busy"/);
    expect(
      await service.token({ username: person.email, password: person.password }),
    ).toMatchObject({
      status: 200,
    });
  });

  test("leave the memory as it was", async () => {
    const person = await service.person();
    /** What floods add to the memory, in MiB. */
    const growth = async () => {
      service.logged.length = 0;
      const before = memory();
      for (let i = 0; i < 2; i++) await flood(person);
      service.logged.length = 0;
      return (memory() - before) / 2 ** 20;
    };
    // A leak grows twice. What else happens in this process, in which other tests ran before, does not.
    if ((await growth()) < LEAK) return;
    expect(await growth()).toBeLessThan(LEAK);
  });
});
