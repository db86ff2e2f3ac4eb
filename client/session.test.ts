import { inspect } from "node:util";
import { createTRPCClient, httpBatchLink, httpLink, TRPCClientError } from "@trpc/client";
import { afterEach, beforeEach, describe, expect, expectTypeOf, test, vi } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { useService } from "../testing/service.ts";
import {
  type AppRouter,
  authLink,
  createSession,
  createTegata,
  memoryStore,
  reasonOf,
  type Session,
  type Tokens,
  webStore,
} from "./index.ts";

const HOUR_MS = 3_600_000;

/** Replaces `fetch`. It records every request, and can hold back or replace the responses. */
class Network {
  /** The path of every request, in order. */
  readonly paths: string[] = [];
  readonly #fetch = fetch;
  readonly #rules = new Map<string, (real: () => Promise<Response>) => Promise<Response>>();

  fetch = (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const { pathname } = new URL(String(input));
    this.paths.push(pathname);
    const real = () => this.#fetch(input, init);
    return this.#rules.get(pathname)?.(real) ?? real();
  };

  count = (path: string) => this.paths.filter((asked) => asked === path).length;

  /** Replaces the responses of a path from now on; `undefined` restores them. */
  answer(path: string, rule?: (real: () => Promise<Response>) => Promise<Response>): void {
    if (rule) this.#rules.set(path, rule);
    else this.#rules.delete(path);
  }

  /** Holds back the next response of a path. @returns when it has arrived, and a function that releases it */
  hold(path: string): { reached: Promise<void>; release: () => void } {
    const [reached, reach] = signal();
    const [released, release] = signal();
    this.answer(path, async (real) => {
      this.answer(path);
      const response = await real();
      reach();
      await released;
      return response;
    });
    return { reached, release };
  }
}

function signal(): [happened: Promise<void>, happen: () => void] {
  let happen = () => {};
  const happened = new Promise<void>((done) => {
    happen = done;
  });
  return [happened, happen];
}

/** The Web Locks API: one holder of each name at a time, in the order of the requests. */
function locks() {
  const last = new Map<string, Promise<unknown>>();
  return {
    request<T>(name: string, work: () => Promise<T>): Promise<T> {
      const turn = (last.get(name) ?? Promise.resolve()).then(work, work);
      last.set(name, turn);
      return turn;
    },
  };
}

/** The storage that two tabs share. */
function sharedStore() {
  const kept = new Map<string, string>();
  return () =>
    webStore({
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
      removeItem: (key) => void kept.delete(key),
    });
}

const reasonsOf = async (calls: Promise<unknown>[]) =>
  (await Promise.allSettled(calls)).map((call) =>
    call.status === "rejected" ? reasonOf(call.reason) : "succeeded",
  );
const fifty = <T>(call: () => Promise<T>) => Array.from({ length: 50 }, call);

describe.each(ENGINES)("a session on $name", (engine) => {
  const service = useService(engine);
  let network: Network;
  beforeEach(() => {
    network = new Network();
    vi.stubGlobal("fetch", network.fetch);
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  /** A logged-in user whose access token has expired. */
  async function expired({ store = memoryStore() } = {}) {
    const onEnd = vi.fn();
    const tegata = createTegata({ url: service.url, store, onEnd });
    const { email, password } = await service.person();
    await tegata.login(email, password);
    const tokens = store.get();
    if (!tokens?.refreshToken) throw new Error("there is no refresh token");
    const secrets = [tokens.accessToken, tokens.refreshToken];
    for (const secret of secrets) service.secret(secret);
    service.ahead += 31 * 60_000;
    network.paths.length = 0;
    return { tegata, store, email, password, tokens, onEnd, secrets };
  }

  const endAtServer = (tokens: Tokens) =>
    service.request("POST", "/revoke", {
      body: new URLSearchParams({ token: tokens.refreshToken ?? "" }),
    });

  test.each([
    ["in batches", 5, httpBatchLink],
    ["one by one", 50, httpLink],
  ])(
    "50 concurrent calls with an expired token, %s, cause one refresh and all succeed",
    async (_, requests, link) => {
      const { store, email } = await expired();
      const session = createSession({ url: service.url, store });
      const api = createTRPCClient<AppRouter>({
        links: [
          authLink(session),
          link({ url: `${service.url}/trpc`, maxItems: 10, headers: session.headers }),
        ],
      });
      const answers = await Promise.all(fifty(() => api.me.query()));
      expect(answers.map((me) => me.email)).toEqual(answers.map(() => email));
      expect(network.count("/token")).toBe(1);
      expect(network.paths).toHaveLength(2 * requests + 1);
    },
  );

  test("a mutation that succeeded in the same batch is not retried", async () => {
    const { tegata } = await expired();
    const { password } = await expired();
    network.paths.length = 0;
    const email = `once-${engine.name}@example.com`.toLowerCase();
    const [account, ended] = await Promise.all([
      tegata.api.register.mutate({ email, password }),
      tegata.api.sessions.revokeOthers.mutate(),
    ]);
    expect(account).toMatchObject({ email });
    expect(ended).toBe(0);
    expect(network.paths).toEqual([
      "/trpc/register,sessions.revokeOthers",
      "/token",
      "/trpc/sessions.revokeOthers",
    ]);
  });

  test("a call is retried only once", async () => {
    const { tegata, store, tokens } = await expired();
    const refused = [{ error: { message: "", code: -32001, data: { code: "UNAUTHORIZED" } } }];
    network.answer("/trpc/me", async () => Response.json(refused, { status: 401 }));
    await expect(tegata.api.me.query()).rejects.toMatchObject({ data: { code: "UNAUTHORIZED" } });
    expect(network.paths).toEqual(["/trpc/me", "/token", "/trpc/me"]);
    expect(store.get()).toMatchObject({ login: tokens.login });
  });

  test("a call is retried only if its token was rejected", async () => {
    const { tegata } = await expired();
    const calls = [tegata.api.register.mutate({ email: "x", password: "y" })];
    expect(await reasonsOf(calls)).toEqual(["invalid_input"]);
    network.answer("/trpc/me", async () => new Response("", { status: 502 }));
    expect(await reasonsOf([tegata.api.me.query()])).toEqual(["unexpected_response"]);
    network.answer("/trpc/me");
    await tegata.logout();
    expect(await reasonsOf([tegata.api.me.query()])).toEqual(["not_logged_in"]);
    expect(network.paths).toEqual(["/trpc/register", "/trpc/me", "/revoke", "/trpc/me"]);
  });

  test("a call that is rejected late is retried with the token that is current by then", async () => {
    const { tegata, email } = await expired();
    const slow = network.hold("/trpc/me");
    const first = tegata.api.me.query();
    await slow.reached;
    expect(await tegata.api.me.query()).toMatchObject({ email });
    slow.release();
    expect(await first).toMatchObject({ email });
    expect(network.count("/token")).toBe(1);
  });

  test("the session can be refreshed repeatedly", async () => {
    const { tegata, email, store } = await expired();
    const seen = new Set([store.get()?.refreshToken]);
    for (const _ of [1, 2, 3]) {
      expect(await tegata.api.me.query()).toMatchObject({ email });
      seen.add(store.get()?.refreshToken);
      service.ahead += 31 * 60_000;
    }
    expect(seen.size).toBe(4);
    expect(network.count("/token")).toBe(3);
  });

  test("the end of a session is reported once, and every call fails with the reason", async () => {
    const { tegata, store, tokens, onEnd, secrets } = await expired();
    await endAtServer(tokens);
    const calls = await Promise.allSettled(fifty(() => tegata.api.me.query()));
    for (const call of calls) {
      expect(call.status === "rejected" && reasonOf(call.reason)).toBe("invalid_token");
      if (call.status === "rejected")
        for (const secret of secrets)
          expect(inspect(call.reason, { depth: 9 })).not.toContain(secret);
    }
    expect(onEnd).toHaveBeenCalledTimes(1);
    expect(store.get()).toBeUndefined();
    expect(await reasonsOf([tegata.api.me.query()])).toEqual(["not_logged_in"]);
    expect(network.count("/token")).toBe(1);
    expect(onEnd).toHaveBeenCalledTimes(1);
  });

  test("the end of the next session is reported again", async () => {
    const { tegata, store, email, password, tokens, onEnd } = await expired();
    await endAtServer(tokens);
    await reasonsOf([tegata.api.me.query()]);
    await tegata.login(email, password);
    await endAtServer(store.get() ?? tokens);
    expect(await reasonsOf(fifty(() => tegata.api.me.query()))).toContain("invalid_token");
    expect(onEnd).toHaveBeenCalledTimes(2);
  });

  test("without a refresh token, the session ends when the access token expires", async () => {
    const { tegata, store, tokens, onEnd } = await expired();
    store.set({ accessToken: tokens.accessToken, scope: tokens.scope });
    expect(await reasonsOf(fifty(() => tegata.api.me.query()))).toContain("invalid_token");
    expect(store.get()).toBeUndefined();
    expect(network.count("/token")).toBe(0);
    expect(onEnd).toHaveBeenCalledTimes(1);
  });

  test.each([
    ["unreachable", () => Promise.reject(new TypeError("fetch failed"))],
    [
      "temporarily_unavailable",
      async () => Response.json({ error: "temporarily_unavailable" }, { status: 503 }),
    ],
    ["unexpected_response", async () => new Response("<h1>Bad Gateway</h1>", { status: 502 })],
    ["unexpected_response", async () => Response.json("a text")],
  ])(
    "if the refresh fails with %s, the tokens are kept for the next attempt",
    async (reason, rule) => {
      const { tegata, store, tokens, email, onEnd, secrets } = await expired();
      network.answer("/token", rule);
      const failures = await Promise.allSettled(fifty(() => tegata.api.me.query()));
      for (const failure of failures) {
        if (failure.status === "fulfilled") return expect.unreachable("the call succeeded");
        expect(failure.reason).toBeInstanceOf(TRPCClientError);
        expect(reasonOf(failure.reason)).toBe(reason);
        for (const secret of secrets)
          expect(inspect(failure.reason, { depth: 9 })).not.toContain(secret);
      }
      // There is one refresh at a time, but each of the five batches may start another.
      expect(network.count("/token")).toBeLessThanOrEqual(5);
      expect(store.get()).toEqual(tokens);
      expect(onEnd).not.toHaveBeenCalled();
      network.answer("/token");
      expect(await tegata.api.me.query()).toMatchObject({ email });
    },
  );

  test("a user who logs out during a refresh stays logged out", async () => {
    const { tegata, store, onEnd } = await expired();
    const refresh = network.hold("/token");
    const call = reasonsOf([tegata.api.me.query()]);
    await refresh.reached;
    await tegata.logout();
    refresh.release();
    expect(await call).toEqual(["invalid_token"]);
    expect(store.get()).toBeUndefined();
    expect(onEnd).not.toHaveBeenCalled();
  });

  test("a login as another user during a refresh is kept, and the first user's call is not retried", async () => {
    const { tegata, store, onEnd } = await expired();
    const other = await service.person();
    network.paths.length = 0;
    const refresh = network.hold("/token");
    const call = reasonsOf([tegata.api.sessions.revokeOthers.mutate()]);
    await refresh.reached;
    await tegata.login(other.email, other.password);
    const theirs = store.get();
    refresh.release();
    expect(await call).toEqual(["invalid_token"]);
    expect(network.count("/trpc/sessions.revokeOthers")).toBe(1);
    expect(store.get()).toEqual(theirs);
    expect(await tegata.api.me.query()).toMatchObject({ email: other.email });
    expect(onEnd).not.toHaveBeenCalled();
  });

  test("a call that is aborted during a refresh is not retried", async () => {
    const { tegata } = await expired();
    const refresh = network.hold("/token");
    const giveUp = new AbortController();
    const { signal } = giveUp;
    const calls = reasonsOf([
      tegata.api.me.query(undefined, { signal }),
      tegata.api.sessions.list.query(),
    ]);
    await refresh.reached;
    giveUp.abort();
    refresh.release();
    expect(await calls).toEqual(["unexpected_response", "succeeded"]);
    expect(network.paths).toEqual(["/trpc/me,sessions.list", "/token", "/trpc/sessions.list"]);
  });

  describe("in two tabs", () => {
    async function twoTabs() {
      const open = sharedStore();
      const one = await expired({ store: open() });
      const onEnd = vi.fn();
      const two = createTegata({ url: service.url, store: open(), onEnd });
      const both = () => [
        ...fifty(() => one.tegata.api.me.query()),
        ...fifty(() => two.api.me.query()),
      ];
      return { one, two: { tegata: two, onEnd }, both };
    }

    test("is refreshed by only one of them if Web Locks are available", async () => {
      vi.stubGlobal("navigator", { locks: locks() });
      const { both } = await twoTabs();
      expect(new Set(await reasonsOf(both()))).toEqual(new Set(["succeeded"]));
      expect(network.count("/token")).toBe(1);
    });

    test("is refreshed by both to the same tokens if Web Locks are not available", async () => {
      vi.stubGlobal("navigator", undefined);
      const { both } = await twoTabs();
      expect(new Set(await reasonsOf(both()))).toEqual(new Set(["succeeded"]));
      expect(network.count("/token")).toBeLessThanOrEqual(2);
    });

    test("is reported as ended once in each tab", async () => {
      vi.stubGlobal("navigator", { locks: locks() });
      const { one, two, both } = await twoTabs();
      await endAtServer(one.tokens);
      expect(new Set(await reasonsOf(both()))).toEqual(new Set(["invalid_token"]));
      expect(network.count("/token")).toBe(1);
      expect(one.onEnd).toHaveBeenCalledTimes(1);
      expect(two.onEnd).toHaveBeenCalledTimes(1);
    });

    test("ends in both when the user logs out in one", async () => {
      const { one, two } = await twoTabs();
      const call = network.hold("/trpc/me");
      const late = reasonsOf([two.tegata.api.me.query()]);
      await call.reached;
      await one.tegata.logout();
      call.release();
      expect(await late).toEqual(["invalid_token"]);
      expect(one.onEnd).not.toHaveBeenCalled();
      expect(two.onEnd).toHaveBeenCalledTimes(1);
    });

    test("a logout in one is reported once by the next call in the other", async () => {
      const { one, two } = await twoTabs();
      await two.tegata.api.me.query();
      await one.tegata.logout();
      for (const _ of [1, 2])
        expect(await reasonsOf([two.tegata.api.me.query()])).toEqual(["not_logged_in"]);
      expect(two.onEnd).toHaveBeenCalledTimes(1);
      expect(await reasonsOf([one.tegata.api.me.query()])).toEqual(["not_logged_in"]);
      expect(one.onEnd).not.toHaveBeenCalled();
    });
  });

  test.each([
    ["ahead", HOUR_MS],
    ["behind", -HOUR_MS],
  ])("a clock that is an hour %s makes no difference", async (_, wrong) => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + wrong });
    // The server of the test runs in the same process. Its clock must stay correct.
    service.ahead -= wrong;
    const { tegata, email, onEnd } = await expired();
    const answers = await Promise.all(fifty(() => tegata.api.me.query()));
    expect(new Set(answers.map((me) => me.email))).toEqual(new Set([email]));
    expect(network.count("/token")).toBe(1);
    await Promise.all(fifty(() => tegata.api.me.query()));
    expect(network.count("/token")).toBe(1);
    expect(onEnd).not.toHaveBeenCalled();
    service.ahead += wrong;
  });

  test("logging out ends the session even if its access token has expired", async () => {
    const { tegata, tokens } = await expired();
    await tegata.logout();
    const form = { grant_type: "refresh_token", refresh_token: tokens.refreshToken ?? "" };
    expect(await service.token(form)).toMatchObject({
      status: 400,
      json: { error: "invalid_grant" },
    });
  });
});

test("the public types", () => {
  expectTypeOf(createSession).returns.toEqualTypeOf<Session>();
  expectTypeOf<Parameters<typeof createSession>[0]["onEnd"]>().toEqualTypeOf<
    (() => void) | undefined
  >();
  expectTypeOf<Session["headers"]>().returns.toEqualTypeOf<{ authorization?: string }>();
  expectTypeOf<Session["refresh"]>().returns.resolves.toEqualTypeOf<boolean>();
  expectTypeOf<Tokens["refreshToken"]>().toEqualTypeOf<string | undefined>();
});
