/** Logging a browser in and out, and what that means for the pages and apps that it opens. */
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { basic, ISSUER, PASSWORD, type Service, useService } from "../../../testing/service.ts";
import { arrive, dataOf, Visitor } from "../../../testing/visitor.ts";
import { setDisabled } from "../../accounts/disable.ts";
import { OPERATOR } from "../../requester.ts";

const DAY_MS = 86_400_000;
const refusal = (reason: string, status: number) => ({
  status,
  json: { error: { data: { reason } } },
});

interface Listed {
  id: string;
  current: boolean;
  lastUsedAtMs: number;
}
const sessionsOf = async (service: Service, token: string) =>
  dataOf<Listed[]>(await service.query("sessions.list", token));
const isLoggedIn = async (service: Service, token: string) =>
  (await service.query("me", token)).status === 200;

describe.each(ENGINES)("a browser on $name", (engine) => {
  const service = useService(engine);

  test.each([false, true])(
    "keeps its login when a page of it changes the password, and a copy of its cookie from before does not (kept: %s)",
    async (isKept) => {
      const person = await service.person();
      const visitor = new Visitor(service);
      await visitor.logIn(person, isKept);
      const { accessToken } = await visitor.open();
      const thief = new Visitor(service);
      thief.cookie = visitor.cookie;
      expect(await thief.show()).toMatchObject({ is: "logged_in" });
      service.ahead += 1000;
      const newPassword = service.secret("another horse battery");
      const change = { currentPassword: person.password, newPassword };
      const answer = await service.request("POST", "/trpc/changePassword", {
        body: JSON.stringify(change),
        headers: {
          "content-type": "application/json",
          origin: ISSUER,
          cookie: visitor.cookie ?? "",
          authorization: `Bearer ${accessToken}`,
        },
      });
      expect(answer).toMatchObject({ status: 200 });
      const [cookie = ""] = answer.headers.getSetCookie();
      expect(/; Max-Age=\d{5,}/.test(cookie)).toBe(isKept);
      visitor.cookie = cookie.split(";")[0];
      expect(await visitor.show()).toMatchObject({ is: "logged_in" });
      expect(await thief.show()).toMatchObject({ is: "log_in" });
      expect(await isLoggedIn(service, accessToken)).toBe(true);
    },
  );

  test("opens 200 pages at once, and ends its own oldest ones and no other session of the account", async () => {
    const { person, visitor } = await arrive(service);
    const elsewhere = await service.login(person);
    service.stoppedAt = Date.now();
    const first = await visitor.open();
    service.stoppedAt += 1;
    const { ticket } = await visitor.show();
    for (let i = 1; i < 200; i += 1)
      expect(await visitor.call("open", { ticket })).toMatchObject({ status: 200 });
    const refused = await visitor.call("open", { ticket });
    expect(refused).toMatchObject(refusal("too_many_attempts", 429));
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await isLoggedIn(service, first.accessToken)).toBe(false);
    expect(await isLoggedIn(service, elsewhere)).toBe(true);
    service.stoppedAt = undefined;
  });

  test("logs in, opens a page with tokens, and logs out of everything", async () => {
    const person = await service.person();
    const visitor = new Visitor(service);
    expect(await visitor.show()).toEqual({ is: "log_in", ticket: expect.any(String) });
    expect(await visitor.logIn(person)).toMatchObject({
      is: "logged_in",
      account: { id: person.id, email: person.email },
    });
    expect(await visitor.show()).toEqual({
      is: "logged_in",
      ticket: expect.any(String),
      account: { id: person.id, email: person.email, username: null, fullName: null },
    });
    const tokens = [await visitor.open(), await visitor.open()];
    for (const { accessToken } of tokens)
      expect(await service.query("me", accessToken)).toMatchObject({
        json: { result: { data: { email: person.email } } },
      });

    const cookie = visitor.cookie ?? "";
    expect(await visitor.leave()).toBe(true);
    expect(visitor.cookie).toBeUndefined();
    for (const { accessToken, refreshToken } of tokens) {
      expect(await service.query("me", accessToken)).toMatchObject({ status: 401 });
      expect(await service.refresh(refreshToken)).toMatchObject({ status: 400 });
    }
    visitor.cookie = cookie;
    expect(await visitor.show()).toMatchObject({ is: "log_in" });
    expect(await visitor.leave()).toBe(false);
  });

  test("with a wrong password, an unknown name or a disabled account gets one answer and no cookie", async () => {
    const person = await service.person();
    const disabled = await service.person();
    expect(await service.tegata.db.users.setDisabled(disabled.id, true)).toBe(true);
    const visitor = new Visitor(service);
    const answers = [];
    for (const guess of [
      { ...person, password: service.secret("not the password") },
      { email: "nobody@example.com", password: PASSWORD },
      disabled,
    ])
      answers.push(await visitor.password(guess));
    for (const answer of answers) expect(answer).toMatchObject(refusal("incorrect_login", 400));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(visitor.setCookie).toBe("");
  });

  test("a login makes a new session and ends the one from before (session fixation)", async () => {
    const { person, visitor } = await arrive(service);
    const { cookie } = visitor;
    const { accessToken } = await visitor.open();
    const other = await service.person();
    await visitor.logIn(other);
    expect(visitor.cookie).not.toBe(cookie);
    expect(await isLoggedIn(service, accessToken)).toBe(false);
    const planted = new Visitor(service);
    planted.cookie = cookie;
    expect(await planted.show()).toMatchObject({ is: "log_in" });
    // A password that is refused ends nothing.
    expect((await visitor.password({ ...person, password: "wrong" })).status).toBe(400);
    expect(await visitor.show()).toMatchObject({ account: { id: other.id } });
  });

  test("a page that shows another account than the one that is logged in gets no tokens", async () => {
    const { visitor } = await arrive(service);
    const { ticket } = await visitor.show();
    const elsewhere = new Visitor(service);
    elsewhere.cookie = visitor.cookie;
    await elsewhere.logIn(await service.person());
    visitor.cookie = elsewhere.cookie;
    expect(await visitor.call("open", { ticket })).toMatchObject(refusal("stale_page", 409));
    const nobody = await new Visitor(service).show();
    expect(await visitor.call("open", nobody)).toMatchObject({ status: 400 });
    expect(await visitor.call("open", { ticket: nobody.ticket })).toMatchObject(
      refusal("stale_page", 409),
    );
    expect(await new Visitor(service).call("open", { ticket })).toMatchObject(
      refusal("stale_page", 409),
    );
  });

  test("a page that was shown more than an hour ago is shown again", async () => {
    const person = await service.person();
    const visitor = new Visitor(service);
    const { ticket } = await visitor.show();
    service.ahead += DAY_MS / 24;
    expect(await visitor.password(person, { ticket })).toMatchObject(refusal("stale_page", 409));
    await visitor.logIn(person);
    service.ahead = 0;
  });

  test("is one entry of the list of sessions, with what it has opened, and is the current one", async () => {
    const { person, visitor } = await arrive(service);
    service.ahead += DAY_MS;
    const { accessToken } = await visitor.open();
    await visitor.open();
    const elsewhere = await service.login(person);
    const [first, second, ...others] = await sessionsOf(service, accessToken);
    expect(others).toEqual([]);
    const browser = first?.current ? first : second;
    expect([first?.current, second?.current].sort()).toEqual([false, true]);
    expect((await sessionsOf(service, elsewhere)).find(({ current }) => current)?.id).not.toBe(
      browser?.id,
    );
    // It was used when it opened the page.
    expect(Math.abs((browser?.lastUsedAtMs ?? 0) - (Date.now() + service.ahead))).toBeLessThan(
      DAY_MS / 2,
    );
    expect(
      dataOf<boolean>(await service.mutate("sessions.revoke", { id: browser?.id }, elsewhere)),
    ).toBe(true);
    expect(await isLoggedIn(service, accessToken)).toBe(false);
    expect(await visitor.show()).toMatchObject({ is: "log_in" });
    service.ahead = 0;
  });

  test("ending all other sessions counts browsers, and spares this page and its browser", async () => {
    const { person, visitor } = await arrive(service);
    const here = await visitor.open();
    const sibling = await visitor.open();
    const elsewhere = new Visitor(service);
    await elsewhere.logIn(person);
    const there = [await elsewhere.open(), await elsewhere.open()];
    await service.login(person);
    expect(
      dataOf<number>(await service.mutate("sessions.revokeOthers", undefined, here.accessToken)),
    ).toBe(2);
    expect(await isLoggedIn(service, here.accessToken)).toBe(true);
    expect(await service.refresh(here.refreshToken)).toMatchObject({ status: 200 });
    expect(await visitor.show()).toMatchObject({ is: "logged_in" });
    for (const { accessToken } of [sibling, ...there])
      expect(await isLoggedIn(service, accessToken)).toBe(false);
    expect(await elsewhere.show()).toMatchObject({ is: "log_in" });
    expect(await sessionsOf(service, here.accessToken)).toMatchObject([{ current: true }]);
  });

  test("changing the password without the cookie spares this page alone: nobody has the new cookie", async () => {
    const { person, visitor } = await arrive(service);
    const { accessToken } = await visitor.open();
    const elsewhere = new Visitor(service);
    await elsewhere.logIn(person);
    const change = { currentPassword: PASSWORD, newPassword: "another horse battery" };
    service.ahead += 1000;
    expect(await service.mutate("changePassword", change, accessToken)).toMatchObject({
      status: 200,
    });
    expect(await isLoggedIn(service, accessToken)).toBe(true);
    expect(await visitor.show()).toMatchObject({ is: "log_in" });
    expect(await elsewhere.show()).toMatchObject({ is: "log_in" });
  });

  test("a disabled account is logged in nowhere, and nowhere again when it is enabled", async () => {
    const { person, visitor } = await arrive(service);
    const { ticket } = await visitor.show();
    const { accessToken, refreshToken } = await visitor.open();
    const setTo = (disabled: boolean) =>
      setDisabled(service.tegata, person.email, disabled, OPERATOR);
    await setTo(true);
    expect(await visitor.show()).toMatchObject({ is: "log_in" });
    expect(await visitor.call("open", { ticket })).toMatchObject(refusal("stale_page", 409));
    expect(await service.query("me", accessToken)).toMatchObject({ status: 403 });
    expect(await service.refresh(refreshToken)).toMatchObject({ status: 400 });
    await setTo(false);
    expect(await visitor.show()).toMatchObject({ is: "log_in" });
    expect(await service.query("me", accessToken)).toMatchObject({ status: 401 });
    expect(await visitor.leave()).toBe(false);
  });

  test("the session ends after 90 days, and nothing that it has opened lives longer", async () => {
    const { visitor } = await arrive(service);
    service.ahead += 80 * DAY_MS;
    const { refreshToken } = await visitor.open();
    service.ahead += 9 * DAY_MS;
    const { access_token, refresh_token } = service.issued(await service.refresh(refreshToken));
    expect(await isLoggedIn(service, access_token)).toBe(true);
    service.ahead += DAY_MS;
    expect(await visitor.show()).toMatchObject({ is: "log_in" });
    expect(await service.refresh(refresh_token)).toMatchObject({ status: 400 });
    service.ahead = 0;
  });

  test("what a browser has opened is introspected and revoked as any other session", async () => {
    const { visitor } = await arrive(service);
    const secret = await service.client(`inspector-${engine.name}`);
    const inspect = async (token: string) =>
      (await service.post("/introspect", { token }, basic(`inspector-${engine.name}`, secret)))
        .json;
    const [revoked, left] = [await visitor.open(), await visitor.open()];
    expect(await inspect(revoked.accessToken)).toMatchObject({ active: true, client_id: "tegata" });
    expect(await service.post("/revoke", { token: revoked.refreshToken })).toMatchObject({
      status: 200,
    });
    expect(await inspect(revoked.accessToken)).toEqual({ active: false });
    expect(await visitor.show()).toMatchObject({ is: "logged_in" });
    expect(await inspect(left.accessToken)).toMatchObject({ active: true });
    await visitor.leave();
    expect(await inspect(left.accessToken)).toEqual({ active: false });
    expect(await service.post("/revoke", { token: left.refreshToken })).toMatchObject({
      status: 200,
    });
  });
});
