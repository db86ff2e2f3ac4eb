/** The verifier while Tegata cannot be reached, and what strangers can make it fetch. The clock is a mock. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { openAccessTokens } from "../../server/tokens/access.ts";
import { openKeys } from "../../server/tokens/keys.ts";
import { ISSUER, SECRET_KEY } from "../../testing/service.ts";
import { createVerifier, type VerifierOptions } from "./core.ts";

const NEXT_SECRET_KEY = "the next secret of the tests, long enough 9876543210";
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe("a verifier", () => {
  let endpoint: { url: string; server: Server };
  /** The secrets whose keys are served; an HTTP status, or silence, during an outage. */
  let state: readonly string[] | number | "silent" = [SECRET_KEY];
  let served = 0;
  beforeAll(async () => {
    const server = createServer(async (_, res) => {
      served += 1;
      if (state === "silent") return;
      if (typeof state === "number") return void res.writeHead(state).end();
      const { verifying } = await openKeys(state, []);
      res.end(JSON.stringify({ keys: [...verifying.values()].map(({ jwk }) => jwk) }));
    }).listen(0, "127.0.0.1");
    await new Promise((done) => server.once("listening", done));
    endpoint = { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  });
  afterAll(() => {
    endpoint.server.closeAllConnections();
    endpoint.server.close();
  });
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"] });
    state = [SECRET_KEY];
    served = 0;
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  const verifier = (more: Partial<VerifierOptions> = {}) =>
    createVerifier({ issuer: ISSUER, jwksUri: endpoint.url, ...more }).verifyAccessToken;
  const sign = async (secret: string, issuer = ISSUER, audience = issuer) => {
    const keys = await openKeys([secret], []);
    const grant = { subject: "1", clientId: "tegata", sessionId: "session", scope: "me" };
    const rules = { issuer, audience, accessTokenExpireMinutes: 7 * 24 * 60 };
    const { sign } = openAccessTokens(keys, rules, Date.now);
    return (await sign(grant, Number.MAX_SAFE_INTEGER)).token;
  };
  const later = (ms: number) => vi.setSystemTime(Date.now() + ms);
  const valid = expect.objectContaining({ userId: 1 });
  /** Lets an attempt that nobody waits for end. */
  const attempts = (count: number) => expect.poll(() => served).toBe(count);

  describe.each<[string, number | "silent"]>([
    ["responds with 503", 503],
    ["redirects", 302],
  ])("while Tegata %s", (_, outage) => {
    test.each([
      ["five minutes", 5 * MINUTE],
      ["an hour", HOUR],
      ["a day but a minute", 24 * HOUR - MINUTE],
    ])("accepts tokens for %s with the keys it has", async (_, length) => {
      const verify = verifier();
      expect(await verify(await sign(SECRET_KEY))).toEqual(valid);
      state = outage;
      for (const at of [length / 2, length / 2]) {
        later(at);
        expect(await verify(await sign(SECRET_KEY))).toEqual(valid);
      }
    });

    test("throws after a day, and accepts tokens as soon as the keys are back", async () => {
      const verify = verifier();
      await verify(await sign(SECRET_KEY));
      state = outage;
      later(HOUR);
      expect(await verify(await sign(SECRET_KEY))).toEqual(valid);
      later(23 * HOUR);
      await expect(verify(await sign(SECRET_KEY))).rejects.toThrow("could not fetch the keys");
      state = [SECRET_KEY];
      expect(await verify(await sign(SECRET_KEY))).toEqual(valid);
    });

    test("throws for a key that it does not have, because it may exist by now", async () => {
      const verify = verifier();
      await verify(await sign(SECRET_KEY));
      state = outage;
      await expect(verify(await sign(NEXT_SECRET_KEY))).rejects.toThrow("could not fetch the keys");
      expect(await verify(await sign(SECRET_KEY))).toEqual(valid);
    });
  });

  test("tries again at most every 30 seconds, and no request waits for that", async () => {
    const verify = verifier();
    const token = await sign(SECRET_KEY);
    await verify(token);
    state = 503;
    later(6 * MINUTE);
    await Promise.all(Array.from({ length: 50 }, () => verify(token)));
    expect(served).toBe(2);
    later(29 * SECOND);
    await verify(token);
    expect(served).toBe(2);
    later(SECOND);
    state = "silent";
    // This attempt never ends, so neither would a request that waited for it.
    vi.spyOn(AbortSignal, "timeout").mockReturnValue(new AbortController().signal);
    await Promise.all(Array.from({ length: 50 }, () => verify(token)));
    await attempts(3);
    later(HOUR);
    await verify(token);
    expect(served).toBe(3);
  });

  test("after an outage, the keys are those of Tegata again", async () => {
    const verify = verifier();
    const token = await sign(SECRET_KEY);
    await verify(token);
    state = 503;
    later(HOUR);
    expect(await verify(token)).toEqual(valid);
    state = [NEXT_SECRET_KEY];
    later(MINUTE);
    await verify(token);
    await expect.poll(() => verify(token)).toBeUndefined();
    expect(await verify(await sign(NEXT_SECRET_KEY))).toEqual(valid);
  });

  test("asks at once for a key that it does not have, even right after a fetch", async () => {
    const verify = verifier();
    await verify(await sign(SECRET_KEY));
    state = [NEXT_SECRET_KEY, SECRET_KEY];
    expect(await verify(await sign(NEXT_SECRET_KEY))).toEqual(valid);
    expect(served).toBe(2);
  });

  test("a clock that is set back does not make its keys new", async () => {
    const verify = verifier();
    const token = await sign(SECRET_KEY);
    await verify(token);
    state = [NEXT_SECRET_KEY];
    later(-HOUR);
    expect(await verify(token)).toBeUndefined();
  });

  test("keys that nobody has cause five fetches at once, and then one in ten seconds", async () => {
    const verify = verifier();
    await verify(await sign(SECRET_KEY));
    const strangers = (from: number) =>
      Promise.all(Array.from({ length: 20 }, (_, i) => sign(`${NEXT_SECRET_KEY} ${from + i}`)));
    for (const round of Array(10).keys())
      for (const token of await strangers(round * 20)) expect(await verify(token)).toBeUndefined();
    expect(served).toBe(1 + 5);
    for (const more of [1, 2, 3]) {
      later(10 * SECOND);
      for (const token of await strangers(0)) expect(await verify(token)).toBeUndefined();
      expect(served).toBe(1 + 5 + more);
    }
    // However busy strangers are, a new key is known soon.
    state = [NEXT_SECRET_KEY, SECRET_KEY];
    expect(await verify(await sign(NEXT_SECRET_KEY))).toBeUndefined();
    later(10 * SECOND);
    expect(await verify(await sign(NEXT_SECRET_KEY))).toEqual(valid);
  });

  describe("and a slash at the end of its issuer", () => {
    test.each([
      [ISSUER, `${ISSUER}/`],
      [`${ISSUER}/`, ISSUER],
      [`${ISSUER}/`, `${ISSUER}/`],
      [`${ISSUER}/auth`, `${ISSUER}/auth/`],
    ])("accepts tokens from %s as %s", async (from, issuer) => {
      const warn = vi.spyOn(console, "warn");
      expect(await verifier({ issuer })(await sign(SECRET_KEY, from))).toEqual(valid);
      expect(warn).not.toHaveBeenCalled();
    });

    test.each([
      ["issuer", { issuer: "https://other.test", audience: ISSUER }],
      ["issuer", { issuer: `${ISSUER}//`, audience: ISSUER }],
      ["audience", { audience: "https://other.test" }],
      ["audience", { audience: `${ISSUER}/` }],
    ])("warns once if the %s is another: %o", async (setting, more) => {
      const warn = vi.spyOn(console, "warn").mockReturnValue();
      const verify = verifier(more);
      const token = await sign(SECRET_KEY);
      for (const _ of [1, 2, 3]) expect(await verify(token)).toBeUndefined();
      expect(warn).toHaveBeenCalledTimes(1);
      expect(warn.mock.calls[0]?.[0]).toContain(`Set the option "${setting}"`);
      expect(warn.mock.calls[0]?.[0]).not.toContain(token);
    });

    test("warns about no token of a stranger, and about no expired one", async () => {
      const warn = vi.spyOn(console, "warn");
      const verify = verifier();
      await verify(await sign(NEXT_SECRET_KEY, "https://evil.test"));
      later(Number.MAX_SAFE_INTEGER / 1e4);
      state = [SECRET_KEY];
      await verify("a.b.c");
      expect(warn).not.toHaveBeenCalled();
    });
  });
});
