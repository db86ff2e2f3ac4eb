import { beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { PASSWORD, useService } from "../testing/service.ts";
import {
  createTegata,
  fieldErrorsOf,
  isProcedureError,
  memoryStore,
  reasonOf,
  type TegataClient,
} from "./index.ts";

const failureOf = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.unreachable("expected the promise to reject"),
    (error: unknown) => error,
  );

describe.each(ENGINES)("the typed client on $name", (engine) => {
  const service = useService(engine);
  let tegata: TegataClient;
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
    const state = { disabled: false, emailVerified: false };
    expect(await tegata.api.me.query()).toEqual({ ...account, ...state });
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
