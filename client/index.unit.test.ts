import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { TRPCClientError } from "@trpc/client";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  type AppRouter,
  type AuthError,
  createTegata,
  type FieldErrors,
  fieldErrorsOf,
  isProcedureError,
  memoryStore,
  reasonOf,
  webStore,
} from "./index.ts";

const failureOf = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.unreachable("expected the promise to reject"),
    (error: unknown) => error,
  );

describe("the typed client", () => {
  test("reports that the server is unreachable", async () => {
    const tegata = createTegata({ url: "http://127.0.0.1:9", store: memoryStore() });
    expect(reasonOf(await failureOf(tegata.api.isLoggedIn.query()))).toBe("unreachable");
    expect(reasonOf(await failureOf(tegata.login("a", "b")))).toBe("unreachable");
  });

  test("empties its store even if the server cannot be notified", async () => {
    const store = memoryStore();
    store.set({ accessToken: "x", scope: "me" });
    const tegata = createTegata({ url: "http://127.0.0.1:9", store });
    expect(reasonOf(await failureOf(tegata.logout()))).toBe("unreachable");
    expect(store.get()).toBeUndefined();
  });

  test("reports unexpected responses, and when to retry if the server is busy", async () => {
    let answer = { status: 502, body: "<h1>Bad Gateway</h1>" };
    const server = createServer((_, res) => {
      res
        .writeHead(answer.status, {
          "content-type": "application/json",
          "retry-after": "7",
          location: "/elsewhere",
        })
        .end(answer.body);
    }).listen(0, "127.0.0.1");
    await new Promise((done) => server.once("listening", done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const tegata = createTegata({ url, store: memoryStore() });
    expect(reasonOf(await failureOf(tegata.login("a", "b")))).toBe("unexpected_response");
    expect(reasonOf(await failureOf(tegata.api.me.query()))).toBe("unexpected_response");
    for (const body of [
      "{}",
      "null",
      "5",
      '"gateway error"',
      '{"access_token":5,"scope":"me"}',
      '{"error":{"code":1}}',
    ])
      for (const status of [200, 502]) {
        answer = { status, body };
        expect(reasonOf(await failureOf(tegata.login("a", "b"))), body).toBe("unexpected_response");
      }
    answer = { status: 307, body: "" };
    expect(reasonOf(await failureOf(tegata.login("a", "b")))).toBe("unreachable");
    answer = { status: 200, body: "{}" };
    expect(reasonOf(await failureOf(tegata.login("a", "b")))).toBe("unexpected_response");
    answer = { status: 503, body: '{"error":"temporarily_unavailable"}' };
    expect(await failureOf(tegata.login("a", "b"))).toMatchObject({
      reason: "temporarily_unavailable",
      retryAfterSeconds: 7,
    });
    answer = { status: 429, body: '{"error":"temporarily_unavailable"}' };
    expect(await failureOf(tegata.login("a", "b"))).toMatchObject({
      reason: "too_many_attempts",
      retryAfterSeconds: 7,
    });
    await new Promise((done) => server.close(done));
  });
});

describe("the stores", () => {
  const tokens = { accessToken: "a.b.c", scope: "me", refreshToken: "r", login: "first" };
  const storage = () => {
    const kept = new Map<string, string>();
    return {
      kept,
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    };
  };

  test.each([
    ["in memory", memoryStore],
    ["in Web Storage", () => webStore(storage())],
  ])("%s keep the latest tokens until they are removed", (_, make) => {
    const store = make();
    expect(store.get()).toBeUndefined();
    store.set({ ...tokens, accessToken: "older" });
    store.set(tokens);
    expect(store.get()).toEqual(tokens);
    store.set(undefined);
    expect(store.get()).toBeUndefined();
  });

  test("in Web Storage survive a reload, under a separate key", () => {
    const shared = storage();
    webStore(shared, "mine").set(tokens);
    expect(webStore(shared, "mine").get()).toEqual(tokens);
    expect(webStore(shared).get()).toBeUndefined();
    webStore(shared, "mine").set(undefined);
    expect(shared.kept.size).toBe(0);
  });

  test.each(["", "x", "null", "[]", '{"accessToken":5,"scope":"me"}', '{"accessToken":"x"}'])(
    "in Web Storage ignore %j",
    (text) => {
      const shared = storage();
      shared.setItem("tegata", text);
      expect(webStore(shared).get()).toBeUndefined();
    },
  );

  test("in Web Storage ignore a refresh token that is missing or not a string", () => {
    const shared = storage();
    shared.setItem("tegata", '{"accessToken":"x","scope":"me","refreshToken":5,"login":null}');
    expect(webStore(shared).get()).toEqual({ accessToken: "x", scope: "me" });
  });
});

test("the public types", () => {
  const tegata = createTegata({ url: "http://127.0.0.1", store: memoryStore() });
  interface Account {
    id: number;
    email: string;
    username: string | null;
    fullName: string | null;
  }
  interface Me extends Account {
    disabled: boolean;
    emailVerified: boolean;
  }
  expectTypeOf(tegata.api.register.mutate).parameter(0).toEqualTypeOf<{
    email: string;
    password: string;
    username?: string | undefined;
    fullName?: string | undefined;
  }>();
  expectTypeOf(tegata.api.register.mutate).returns.resolves.toEqualTypeOf<Account>();
  expectTypeOf(tegata.api.me.query).returns.resolves.toEqualTypeOf<Me>();
  expectTypeOf(tegata.api.isLoggedIn.query).returns.resolves.toEqualTypeOf<boolean>();
  expectTypeOf(tegata.api.logout.mutate).returns.resolves.toEqualTypeOf<boolean>();
  expectTypeOf(tegata.login).toEqualTypeOf<(username: string, password: string) => Promise<void>>();
  expectTypeOf(tegata.logout).toEqualTypeOf<() => Promise<void>>();
  expectTypeOf<Parameters<typeof reasonOf>>().toEqualTypeOf<[unknown]>();
  expectTypeOf<"email_taken">().toExtend<ReturnType<typeof reasonOf>>();
  expectTypeOf<"email_gone">().not.toExtend<ReturnType<typeof reasonOf>>();
  expectTypeOf<AuthError["retryAfterSeconds"]>().toEqualTypeOf<number | undefined>();
  const error: unknown = new TRPCClientError("x");
  if (isProcedureError(error)) {
    expectTypeOf(error.data?.reason).extract<"weak_password">().toEqualTypeOf<"weak_password">();
  }
  expectTypeOf<NonNullable<TRPCClientError<AppRouter>["data"]>["fields"]>().toEqualTypeOf<
    FieldErrors | undefined
  >();
  expectTypeOf(fieldErrorsOf).toEqualTypeOf<(error: unknown) => FieldErrors>();
  expectTypeOf<FieldErrors[string]["code"]>().extract<"too_short">().toEqualTypeOf<"too_short">();
});
