import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { TRPCClientError } from "@trpc/client";
import { beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { run } from "../testing/process.ts";
import { PASSWORD, useService } from "../testing/service.ts";
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

describe.each(ENGINES)("the typed client on $name", (engine) => {
  const service = useService(engine);
  let tegata: ReturnType<typeof createTegata>;
  beforeAll(() => {
    tegata = createTegata({ url: service.url, store: memoryStore() });
  });

  test("registers, logs in, gets the account, and logs out", async () => {
    const ada = { email: "ada@example.com", password: PASSWORD, username: "ada", fullName: "Ada" };
    const account = await tegata.api.register.mutate(ada);
    expect(account).toEqual({
      id: expect.any(Number),
      email: ada.email,
      username: "ada",
      fullName: "Ada",
    });
    expect(await tegata.api.isLoggedIn.query()).toBe(false);

    await tegata.login("ada", PASSWORD);
    expect(await tegata.api.me.query()).toEqual({ ...account, disabled: false });
    expect(await tegata.api.isLoggedIn.query()).toBe(true);

    await tegata.logout();
    expect(await tegata.api.isLoggedIn.query()).toBe(false);
    await tegata.logout();
  });

  test("logging out ends the session on the server too", async () => {
    const store = memoryStore();
    const own = createTegata({ url: service.url, store });
    const { email, password } = await service.person();
    await own.login(email, password);
    const token = store.get()?.accessToken ?? "";
    await own.logout();
    expect(store.get()).toBeUndefined();
    expect(await service.query("me", token)).toMatchObject({ status: 401 });
  });

  test("logging out of a session that has already ended succeeds", async () => {
    const store = memoryStore();
    const own = createTegata({ url: service.url, store });
    const { email, password } = await service.person();
    await own.login(email, password);
    await service.mutate("logout", undefined, store.get()?.accessToken);
    await own.logout();
    expect(store.get()).toBeUndefined();
  });

  test("a failed login keeps the previous session", async () => {
    const own = createTegata({ url: service.url, store: memoryStore() });
    const { email, password } = await service.person();
    await own.login(email, password);
    expect(reasonOf(await failureOf(own.login(email, "wrong password")))).toBe("invalid_grant");
    expect(await own.api.me.query()).toMatchObject({ email });
    await own.logout();
  });

  test("concurrent calls are batched, up to the limit of the server", async () => {
    const { email, password } = await service.person();
    await tegata.login(email, password);
    service.logged.length = 0;
    const answers = await Promise.all(Array.from({ length: 25 }, () => tegata.api.me.query()));
    expect(answers.map((me) => me.email)).toEqual(answers.map(() => email));
    expect(service.logged.filter((line) => line.includes("/trpc/"))).toHaveLength(3);
    await tegata.logout();
  });

  test("every error has a reason", async () => {
    const { email } = await service.person({ username: "taken" });
    const register = (more: object) =>
      failureOf(
        tegata.api.register.mutate({ email: "new@example.com", password: PASSWORD, ...more }),
      );
    expect(reasonOf(await register({ email }))).toBe("email_taken");
    expect(reasonOf(await register({ username: "taken" }))).toBe("username_taken");
    expect(reasonOf(await register({ password: "short" }))).toBe("weak_password");
    expect(reasonOf(await register({ email: "nobody" }))).toBe("invalid_input");
    expect(reasonOf(await failureOf(tegata.api.me.query()))).toBe("not_logged_in");
    expect(reasonOf(await failureOf(tegata.login(email, "wrong password")))).toBe("invalid_grant");
    expect(reasonOf(new Error("something else"))).toBeUndefined();
  });

  test("fieldErrorsOf names each invalid field with a code", async () => {
    const error = await failureOf(tegata.api.register.mutate({ email: "x", password: "y" }));
    expect(isProcedureError(error)).toBe(true);
    expect(fieldErrorsOf(error)).toEqual({
      email: { code: "invalid_email", message: expect.stringContaining("email address") },
    });
    const weak = { email: "new@example.com", password: "y" };
    expect(fieldErrorsOf(await failureOf(tegata.api.register.mutate(weak)))).toEqual({
      password: { code: "too_short", message: expect.any(String), limit: 8 },
    });
    expect(fieldErrorsOf(await failureOf(tegata.api.me.query()))).toEqual({});
    expect(fieldErrorsOf(new Error("something else"))).toEqual({});
  });

  test("fieldErrorsOf names fields whose value is taken or incorrect", async () => {
    const { email, password } = await service.person({ username: "occupied" });
    const register = (more: object) =>
      failureOf(
        tegata.api.register.mutate({ email: "new@example.com", password: PASSWORD, ...more }),
      );
    const code = async (error: Promise<unknown>) =>
      Object.entries(fieldErrorsOf(await error)).map(([field, { code }]) => [field, code]);
    expect(await code(register({ email }))).toEqual([["email", "taken"]]);
    expect(await code(register({ username: "occupied" }))).toEqual([["username", "taken"]]);

    const own = createTegata({ url: service.url, store: memoryStore() });
    await own.login(email, password);
    const change = { currentPassword: "wrong password", newPassword: "another horse battery" };
    expect(await code(failureOf(own.api.changePassword.mutate(change)))).toEqual([
      ["currentPassword", "incorrect"],
    ]);
    await own.logout();
  });
});

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

test("the example runs: it registers, logs in and prints me", async () => {
  const service = run({ PORT: "0" });
  const [, url = ""] = await service.until(/listen(?:s|ing) on (\S+)$/m);
  for (const time of ["first", "second"]) {
    const args = ["--import", "tsx", resolve("client/examples/me.ts")];
    const example = run({ TEGATA_URL: url }, { cwd: resolve("."), args });
    expect(await example.ended, `${time} run: ${example.printed()}`).toMatchObject({ code: 0 });
    expect(example.printed()).toContain("email: 'ada@example.com'");
    expect(example.printed()).toContain("fullName: 'Ada Lovelace'");
  }
  service.signal("SIGTERM");
  expect(await service.ended).toMatchObject({ code: 0 });
});
