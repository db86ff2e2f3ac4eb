import { beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { PASSWORD, useService } from "../testing/service.ts";
import { createTegata, isProcedureError, memoryStore, reasonOf } from "./index.ts";

const failureOf = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.unreachable("it did not fail"),
    (error: unknown) => error,
  );

describe.each(ENGINES)("the typed client on $name", (engine) => {
  const service = useService(engine);
  let tegata: ReturnType<typeof createTegata>;
  beforeAll(() => {
    tegata = createTegata({ url: service.url, store: memoryStore() });
  });

  test("registers, logs in, asks who it is, and logs out", async () => {
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

  test("logging out ends the session at the server too", async () => {
    const store = memoryStore();
    const own = createTegata({ url: service.url, store });
    const { email, password } = await service.person();
    await own.login(email, password);
    const token = store.get()?.accessToken ?? "";
    await own.logout();
    expect(store.get()).toBeUndefined();
    expect(await service.query("me", token)).toMatchObject({ status: 401 });
  });

  test("logging out of a session that is over already is no failure", async () => {
    const store = memoryStore();
    const own = createTegata({ url: service.url, store });
    const { email, password } = await service.person();
    await own.login(email, password);
    await service.mutate("logout", undefined, store.get()?.accessToken);
    await own.logout();
    expect(store.get()).toBeUndefined();
  });

  test("a log-in that fails leaves the one before it as it was", async () => {
    const own = createTegata({ url: service.url, store: memoryStore() });
    const { email, password } = await service.person();
    await own.login(email, password);
    expect(reasonOf(await failureOf(own.login(email, "wrong password")))).toBe("invalid_grant");
    expect(await own.api.me.query()).toMatchObject({ email });
    await own.logout();
  });

  test("calls made at once travel together, and more than the server takes are split", async () => {
    const { email, password } = await service.person();
    await tegata.login(email, password);
    service.logged.length = 0;
    const answers = await Promise.all(Array.from({ length: 25 }, () => tegata.api.me.query()));
    expect(answers.map((me) => me.email)).toEqual(answers.map(() => email));
    expect(service.logged.filter((line) => line.includes("/trpc/"))).toHaveLength(3);
    await tegata.logout();
  });

  test("what fails can be switched on", async () => {
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

  test("a refused field is named", async () => {
    const error = await failureOf(tegata.api.register.mutate({ email: "x", password: "y" }));
    expect(isProcedureError(error) && error.data?.fields).toEqual({
      email: "must be an email address of plain ASCII characters",
    });
  });
});
