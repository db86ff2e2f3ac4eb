import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { Service, useService } from "../../../testing/service.ts";

const DAY_MS = 86_400_000;
const GRACE_MS = 30_000;
const refused = { status: 400, json: { error: "invalid_grant" } };

describe.each(ENGINES)("using a used refresh token again on $name", (engine) => {
  const service = useService(engine);
  let person: { id: number; email: string; password: string };
  beforeAll(async () => {
    person = await service.person();
  });
  afterEach(() => {
    service.ahead = 0;
    service.stoppedAt = undefined;
  });
  const exchanged = async (token: string) => service.issued(await service.refresh(token));
  const next = async (token: string) => (await exchanged(token)).refresh_token;
  const isAlive = async (accessToken: string) =>
    (await service.query("me", accessToken)).status === 200;

  test.each([12_000, DAY_MS, 29 * DAY_MS])(
    "returns the same child %i ms later if the child is unused",
    async (ms) => {
      const { refresh_token } = await service.tokens(person);
      const child = await next(refresh_token);
      service.ahead = ms;
      const again = await exchanged(refresh_token);
      expect(again.refresh_token).toBe(child);
      expect(await isAlive(again.access_token)).toBe(true);
      expect(await next(again.refresh_token)).not.toBe(child);
    },
  );

  test("returns the child until the child expires, even if the token itself has expired", async () => {
    const { refresh_token, access_token } = await service.tokens(person);
    service.ahead = 20 * DAY_MS;
    const child = await next(refresh_token);
    service.ahead = 49 * DAY_MS;
    expect(await next(refresh_token)).toBe(child);
    service.ahead = 50 * DAY_MS + 10_000;
    expect(await service.refresh(refresh_token)).toMatchObject(refused);
    expect(await service.refresh(child)).toMatchObject(refused);
    // An expired token does not count as theft.
    service.ahead = 0;
    expect(await isAlive(access_token)).toBe(true);
  });

  test("ends the session with all of its tokens if the child was used, and no other session", async () => {
    const other = await service.tokens(person);
    const first = await service.tokens(person);
    const child = await exchanged(first.refresh_token);
    const grandchild = await exchanged(child.refresh_token);
    service.ahead = GRACE_MS + 10_000;
    expect(await service.refresh(first.refresh_token)).toMatchObject(refused);
    for (const { access_token } of [first, child, grandchild])
      expect(await isAlive(access_token)).toBe(false);
    expect(await service.refresh(grandchild.refresh_token)).toMatchObject(refused);
    expect(await isAlive(other.access_token)).toBe(true);
    await next(other.refresh_token);
    expect(service.logged.join("")).toMatch(
      /"level":40.*"reason":"refresh_token_reused".*"sessions ended"/,
    );
  });

  test("returns the same child until the grace period after the use of the child ends", async () => {
    const { refresh_token } = await service.tokens(person);
    service.stoppedAt = Date.now();
    const child = await next(refresh_token);
    service.ahead = DAY_MS;
    const grandchild = await next(child);
    service.ahead = DAY_MS + GRACE_MS - 1;
    expect(await next(refresh_token)).toBe(child);
    expect(await next(child)).toBe(grandchild);
    service.ahead = DAY_MS + GRACE_MS;
    expect(await service.refresh(refresh_token)).toMatchObject(refused);
    expect(await service.refresh(grandchild)).toMatchObject(refused);
  });

  test("ends the session even if the secret that derived the child was removed", async () => {
    const { refresh_token } = await service.tokens(person);
    const grandchild = await next(await next(refresh_token));
    service.ahead = GRACE_MS + 10_000;
    const { refresh } = service.tegata.keys;
    service.tegata.keys.refresh = [Buffer.alloc(32, 1)];
    expect(await service.refresh(refresh_token)).toMatchObject(refused);
    service.tegata.keys.refresh = refresh;
    expect(await service.refresh(grandchild)).toMatchObject(refused);
  });

  test("ends the session even if the requested scope is not allowed", async () => {
    const { refresh_token } = await service.tokens(person);
    const grandchild = await next(await next(refresh_token));
    service.ahead = GRACE_MS + 10_000;
    expect(await service.refresh(refresh_token, { scope: "admin" })).toMatchObject(refused);
    expect(await service.refresh(grandchild)).toMatchObject(refused);
  });

  test("is rejected if another client does it, and does not end the session", async () => {
    const { refresh_token } = await service.tokens(person);
    const grandchild = await next(await next(refresh_token));
    await service.client("another", { grants: "password refresh_token", public: true });
    service.ahead = GRACE_MS + 10_000;
    const answer = await service.refresh(refresh_token, { client_id: "another" });
    expect(answer).toMatchObject(refused);
    await next(grandchild);
  });

  test("counts as a use of the session", async () => {
    const { refresh_token } = await service.tokens(person);
    await next(refresh_token);
    service.ahead = DAY_MS;
    const { access_token } = await exchanged(refresh_token);
    const { json } = await service.query("sessions.list", access_token);
    const sessions = (json as { result: { data: { current: boolean; lastUsedAtMs: number }[] } })
      .result.data;
    const current = sessions.find((session) => session.current);
    expect(current?.lastUsedAtMs).toBeGreaterThan(Date.now() + DAY_MS - 60_000);
  });

  test("reveals a thief who refreshes as often as the owner as soon as one of them falls behind", async () => {
    const stolen = (await service.tokens(person)).refresh_token;
    // Both have the same child and then the same grandchild, so they cannot be told apart.
    const [owner, thief] = [await next(stolen), await next(stolen)];
    expect(thief).toBe(owner);
    const ofThief = await next(thief);
    service.ahead = 1_800_000;
    expect(await next(owner)).toBe(ofThief);
    // The thief refreshes twice, and the owner does not.
    service.ahead = 3_600_000;
    const ahead = await exchanged(await next(ofThief));
    service.ahead = 7_200_000;
    expect(await service.refresh(owner)).toMatchObject(refused);
    expect(await service.refresh(ahead.refresh_token)).toMatchObject(refused);
    expect(await isAlive(ahead.access_token)).toBe(false);
  });

  test("follows the rule in any order of uses and creates a single chain of tokens", async () => {
    const step = fc.record({ back: fc.nat(4), waitMs: fc.constantFrom(0, 1000, 20_000, 60_000) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        service.stoppedAt = Date.now();
        service.ahead = 0;
        /** The tokens of the session from the first to the latest, and when each was first used. */
        const chain = [(await service.tokens(person)).refresh_token];
        const usedAt: number[] = [];
        for (const { back, waitMs } of steps) {
          service.ahead += waitMs;
          const at = Math.max(0, chain.length - 1 - back);
          const answer = await service.refresh(chain[at] ?? "");
          const childUsedAt = usedAt[at + 1];
          if (childUsedAt !== undefined && service.ahead - childUsedAt >= GRACE_MS) {
            for (const token of chain)
              expect((await service.refresh(token)).status, "after the theft").toBe(400);
            expect(answer.status).toBe(400);
            return;
          }
          usedAt[at] ??= service.ahead;
          chain[at + 1] ??= service.issued(answer).refresh_token;
          expect(service.issued(answer).refresh_token).toBe(chain[at + 1]);
        }
      }),
      { numRuns: 15 },
    );
  });
});

describe.each(ENGINES)("two instances whose clocks differ by 20 seconds, on $name", (engine) => {
  const [ahead, behind] = [new Service(), new Service()];
  let person: { id: number; email: string; password: string };
  beforeAll(async () => {
    const url = await engine.emptyDatabase();
    const shared = { ...engine, emptyDatabase: async () => url };
    await ahead.start(shared, {});
    await behind.start(shared, {});
    person = await behind.person();
    ahead.ahead = 20_000;
  });
  afterAll(async () => {
    await ahead.stop();
    await behind.stop();
  });

  test.each([
    ["the one that is ahead", behind, ahead],
    ["the one that is behind", ahead, behind],
  ])("do not report a theft if the token is used again at %s", async (_, first, second) => {
    const { refresh_token } = await first.tokens(person);
    const child = first.issued(await first.refresh(refresh_token));
    // The child is unused.
    const again = second.issued(await second.refresh(refresh_token));
    expect(again.refresh_token).toBe(child.refresh_token);
    // The child has just been used, and a request from another tab was slower.
    first.issued(await first.refresh(child.refresh_token));
    const late = second.issued(await second.refresh(refresh_token));
    expect(late.refresh_token).toBe(child.refresh_token);
    first.issued(await first.refresh(late.refresh_token));
  });
});
