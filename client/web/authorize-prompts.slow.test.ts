/** What a person sees if an application demands something of the login (OpenID Connect Core section 3.1.2.1). */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { APP, addApp, ask, idTokenOf, parametersOf } from "../../testing/authorization.ts";
import {
  expectNoSidewaysScrolling,
  hasBrowser,
  useBrowser,
  violations,
} from "../../testing/browser.ts";
import { ENGINES } from "../../testing/engines.ts";
import { focused, sendLogin } from "../../testing/page-actions.ts";
import { LOCAL, PASSWORD, useService } from "../../testing/service.ts";
import { en } from "./texts/en.ts";
import { ja } from "./texts/ja.ts";

const [engine = expect.unreachable()] = ENGINES;

describe.runIf(hasBrowser)("the page at /authorize", () => {
  const service = useService(engine, LOCAL);
  const browser = useBrowser();
  beforeAll(async () => {
    await addApp(service, { scopes: "me openid" });
    await addApp(service, { id: "stranger", scopes: "me openid", firstParty: false });
  });
  afterEach(async () => {
    const complaints = await browser.complaints();
    expect(complaints.filter((one) => !one.startsWith(APP))).toEqual([]);
  });

  const urlOf = ({ query }: { query: string }) => `${service.url}/authorize?${query}`;
  /** Opens a window in which somebody is logged in. The application is not on this machine. */
  const arrive = async (locale = "en-US") => {
    const person = await service.person();
    return { person, page: await arriveAs(person.email, locale) };
  };
  const arriveAs = async (email: string, locale: string) => {
    const page = await browser.open(`${service.url}/login`, { locale });
    await page.context().route(`${APP}**`, (route) => route.fulfill({ body: "the application" }));
    const texts = locale === "ja-JP" ? ja : en;
    await page.getByLabel(texts.login).fill(email);
    await page.getByLabel(texts.password, { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: texts.logIn, exact: true }).click();
    await page.waitForURL(`${service.url}/`);
    return page;
  };
  const press = (page: Page, name: string | RegExp) =>
    page.getByRole("button", { name, exact: true }).click();
  /** Waits for the application. @returns whom it has learned of */
  const subjectOf = async (
    page: Page,
    request: Parameters<typeof idTokenOf>[1],
    client = "app",
  ) => {
    await page.waitForURL(`${APP}?**`);
    return (await idTokenOf(service, request, page.url(), { client_id: client })).claims;
  };
  const typedIn = (page: Page) => page.getByLabel(en.login).inputValue();

  test.each([{ prompt: "login" }, { max_age: "1" }])(
    "asks for the password again with %j, and once",
    async (demand) => {
      const { person, page } = await arrive();
      service.ahead += 2_000;
      const request = ask({ ...demand, scope: "openid" });
      await page.goto(urlOf(request));
      await page.getByText(en.logInAgainTo("The App")).waitFor();
      expect(await typedIn(page)).toBe(person.email);
      await page.getByLabel(en.password, { exact: true }).fill("wrong password");
      await press(page, en.logIn);
      await page.getByRole("alert").getByText(en.reasons.incorrect_login).waitFor();
      // A slow person.
      service.ahead += 60_000;
      await page.getByLabel(en.password, { exact: true }).fill(PASSWORD);
      await press(page, en.logIn);
      const { sub, auth_time } = await subjectOf(page, request);
      expect(sub).toBe(String(person.id));
      expect(Math.abs(Number(auth_time) - service.tegata.now() / 1000)).toBeLessThan(30);
    },
  );

  test("asks for permission after the new login, also if the service could not be reached in between", async () => {
    const { person, page } = await arrive();
    const request = ask({ client_id: "stranger", prompt: "login", scope: "openid" });
    await page.goto(urlOf(request));
    await page.getByText(en.logInAgainTo("The App")).waitFor();
    const procedure = "**/trpc/login.authorization.show*";
    await page.context().route(procedure, (route) => route.abort());
    await sendLogin(page, person.email);
    await page.getByRole("alert").getByText(en.reasons.unreachable).waitFor();
    await page.context().unroute(procedure);
    await press(page, en.tryAgain);
    await press(page, en.allow);
    expect((await subjectOf(page, request, "stranger")).sub).toBe(String(person.id));
  });

  test("asks the other account if somebody else logs in", async () => {
    const { page } = await arrive();
    const other = await service.person();
    const request = ask({ client_id: "stranger", prompt: "login", scope: "openid" });
    await page.goto(urlOf(request));
    await page.getByText(en.logInAgainTo("The App")).waitFor();
    await sendLogin(page, other.email);
    await page.getByText(en.loggedInAs(other.email)).waitFor();
    await press(page, en.allow);
    expect((await subjectOf(page, request, "stranger")).sub).toBe(String(other.id));
  });

  test("goes back with an error if the person does not want to log in again", async () => {
    const { page } = await arrive();
    const { query, state } = ask({ prompt: "login" });
    await page.goto(urlOf({ query }));
    await press(page, en.deny);
    await page.waitForURL(`${APP}?**`);
    expect(parametersOf(page.url())).toMatchObject({ error: "access_denied", state });
  });

  test("notices a login in another tab when the person comes back", async () => {
    const { person, page } = await arrive();
    const request = ask({ prompt: "login", scope: "openid" });
    await page.goto(urlOf(request));
    await page.getByText(en.logInAgainTo("The App")).waitFor();
    await page.getByLabel(en.password, { exact: true }).fill("half a pass");
    const comeBack = () => page.evaluate('document.dispatchEvent(new Event("visibilitychange"))');
    const looked = page.waitForResponse("**/trpc/login.authorization.show*");
    await comeBack();
    await looked;
    // Nothing has changed: what was typed is still there.
    expect(await page.getByLabel(en.password, { exact: true }).inputValue()).toBe("half a pass");
    const tab = await page.context().newPage();
    await tab.goto(`${service.url}/login?another`);
    await sendLogin(tab, person.email);
    await tab.waitForURL(`${service.url}/`);
    await comeBack();
    expect((await subjectOf(page, request)).sub).toBe(String(person.id));
  });

  describe("with the prompt select_account", () => {
    test("goes on with the account that it shows", async () => {
      const { person, page } = await arrive();
      const request = ask({ client_id: "stranger", prompt: "select_account", scope: "openid" });
      await page.goto(urlOf(request));
      await page.getByText(en.chooseAccount("The App")).waitFor();
      await press(page, en.continueAs(person.email));
      await page.getByText(en.consent("The App")).waitFor();
      expect(await focused(page)).toBe(en.logIn);
      await press(page, en.allow);
      expect((await subjectOf(page, request, "stranger")).sub).toBe(String(person.id));
    });

    test("logs in as another one, in an empty field", async () => {
      const { page } = await arrive();
      const other = await service.person();
      const request = ask({ prompt: "select_account", scope: "openid" });
      await page.goto(urlOf(request));
      await press(page, en.useAnother);
      await expect.poll(() => focused(page)).toBe(en.login);
      expect(await typedIn(page)).toBe("");
      await sendLogin(page, other.email);
      expect((await subjectOf(page, request)).sub).toBe(String(other.id));
    });

    test("asks again if another tab has changed the account", async () => {
      const { page } = await arrive();
      const other = await service.person();
      await page.goto(urlOf(ask({ client_id: "stranger", prompt: "select_account" })));
      await page.getByText(en.chooseAccount("The App")).waitFor();
      const tab = await page.context().newPage();
      await tab.goto(`${service.url}/login?another`);
      await sendLogin(tab, other.email);
      await tab.waitForURL(`${service.url}/`);
      await press(page, /^Continue as/);
      await page.getByText(en.loggedInAs(other.email)).waitFor();
    });
  });

  test("asks for the account that the application has an ID token of", async () => {
    const { person, page: first } = await arrive();
    const other = await service.person();
    const known = ask({ scope: "openid" });
    const sent = first.waitForRequest((one) => one.url().startsWith(APP));
    await first.goto(urlOf(known)).catch(() => undefined);
    const { token } = await idTokenOf(service, known, (await sent).url());
    // In the first tab, the page of the browser for an unknown host may come now, and would interrupt what follows.
    const page = await first.context().newPage();
    await page.goto(`${service.url}/login?another`);
    await sendLogin(page, other.email);
    await page.waitForURL(`${service.url}/`);
    const request = ask({ id_token_hint: token, scope: "openid" });
    await page.goto(urlOf(request));
    await page.getByRole("alert").getByText(en.logInAsAnother("The App", other.email)).waitFor();
    await sendLogin(page, person.email);
    expect((await subjectOf(page, request)).sub).toBe(String(person.id));
  });

  test.each<[string, string]>([
    ["ada@example.com", "ada@example.com"],
    ["<b>x</b> 日本語", "<b>x</b> 日本語"],
    ["x".repeat(200), "x".repeat(200)],
    ["x".repeat(201), ""],
  ])("fills its field with the login_hint %j", async (login_hint, value) => {
    const page = await browser.open(urlOf(ask({ login_hint })));
    await page.getByText(en.logInTo("The App")).waitFor();
    expect(await typedIn(page)).toBe(value);
  });

  test("prefers the login_hint to the account that logs in again", async () => {
    const { page } = await arrive();
    await page.goto(urlOf(ask({ login_hint: "bob@example.com", prompt: "login" })));
    await page.getByText(en.logInAgainTo("The App")).waitFor();
    expect(await typedIn(page)).toBe("bob@example.com");
  });

  test.each([
    ["ja", "en-US", ja],
    ["fr-CA JA-jp en", "en-US", ja],
    ["en-GB ja", "ja-JP", en],
    ["fr de", "ja-JP", ja],
    ["jam english", "en-US", en],
  ])(
    "speaks the first language of the ui_locales %j that it has, for a browser in %s",
    async (ui_locales, locale, texts) => {
      const page = await browser.open(urlOf(ask({ ui_locales })), { locale });
      await page.getByText(texts.logInTo("The App")).waitFor();
      expect(await page.evaluate("document.documentElement.lang")).toBe(texts === ja ? "ja" : "en");
      // The person can change it, and it was not their choice.
      expect(await page.evaluate("localStorage.length")).toBe(0);
      await press(page, texts.otherLanguage);
      await page.getByText((texts === ja ? en : ja).logInTo("The App")).waitFor();
    },
  );

  test.each([
    ["of the same site", "127.0.0.1", { code: expect.any(String) }],
    ["of another site, where it has no cookie", "localhost", { error: "login_required" }],
  ])("answers the prompt none in a hidden frame %s", async (_, host, response) => {
    const { page } = await arrive();
    const { query, state } = ask({ prompt: "none" });
    const frame = `<iframe hidden src="${urlOf({ query }).replaceAll("&", "&amp;")}"></iframe>`;
    const site = createServer((_req, res) => res.setHeader("Content-Type", "text/html").end(frame));
    await once(site.listen(0, "127.0.0.1"), "listening");
    const url = `http://${host}:${(site.address() as AddressInfo).port}/`;
    // Of the context: a frame of another site is not the page's own.
    const sent = page.context().waitForEvent("request", (one) => one.url().startsWith(APP));
    await page.goto(url);
    expect(parametersOf((await sent).url())).toMatchObject({ ...response, state });
    const complaints = await browser.complaints();
    expect(complaints.filter((one) => ![APP, url].some((known) => one.startsWith(known)))).toEqual(
      [],
    );
    site.closeAllConnections();
    site.close();
  });

  test.each([
    ["en-US", en],
    ["ja-JP", ja],
  ])("is accessible and fits a small window in each state (%s)", async (locale, texts) => {
    const email = `a.rather.long.address.of.somebody.in.${locale.toLowerCase()}@mail.example.com`;
    await service.mutate("register", { email, password: PASSWORD });
    const page = await arriveAs(email, locale);
    await page.setViewportSize({ width: 320, height: 640 });
    const states: [Record<string, string>, string][] = [
      [{ prompt: "login" }, texts.logInAgainTo("The App")],
      [{ prompt: "select_account" }, texts.continueAs(email)],
    ];
    for (const [parameters, text] of states) {
      await page.goto(urlOf(ask(parameters)));
      await page.getByText(text).waitFor();
      expect(await violations(page)).toEqual([]);
      await expectNoSidewaysScrolling(page);
    }
  });
});
