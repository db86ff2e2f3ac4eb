/** What a person sees of a request to log out. */
import type { Page } from "playwright-core";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { LOGOUT_FAULTS, type LogoutFault } from "../../server/http/login/logout-request.ts";
import { openWithIdToken } from "../../testing/apps.ts";
import { addApp } from "../../testing/authorization.ts";
import { hasBrowser, useBrowser } from "../../testing/browser.ts";
import { ENGINES } from "../../testing/engines.ts";
import { LEFT, logoutQuery } from "../../testing/logout.ts";
import { focused, panel, sendLogin } from "../../testing/page-actions.ts";
import { LOCAL, useService } from "../../testing/service.ts";
import { Visitor } from "../../testing/visitor.ts";
import { en, type Texts } from "./texts/en.ts";
import { ja } from "./texts/ja.ts";

const [engine = expect.unreachable()] = ENGINES;
const URI = { client_id: "app", post_logout_redirect_uri: LEFT };

describe.runIf(hasBrowser)("the page at /logout", () => {
  const service = useService(engine, LOCAL);
  const browser = useBrowser();
  beforeAll(() => addApp(service, { scopes: "me openid", logoutUris: LEFT }));
  afterEach(async () => {
    const complaints = await browser.complaints();
    expect(complaints.filter((one) => !one.startsWith(LEFT))).toEqual([]);
  });

  const urlOf = (query: string) => `${service.url}/logout?${query}`;
  /** Logs in to the account page in a new browser. The application is not on this machine. */
  const arrive = async (locale = "en-US") => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/login`, { locale });
    await page.context().route(`${LEFT}**`, (route) => route.fulfill({ body: "the application" }));
    await sendLogin(page, email);
    await panel(page, "Profile").getByText(email).waitFor();
    return { page, email };
  };
  const press = (page: Page, name: string) =>
    page.getByRole("button", { name, exact: true }).click();
  const isOut = (page: Page) =>
    page.locator("main").getByRole("status").getByText("You are logged out.").waitFor();
  const expectLoggedOut = async (page: Page) => {
    await page.goto(service.url);
    await page.getByLabel("Password").waitFor();
  };

  test("asks, logs out after a click, and goes on to the application", async () => {
    const { page, email } = await arrive();
    await page.goto(urlOf(logoutQuery({ ...URI, state: "ä +" })));
    await page.getByText("Do you want to log out of Tegata?").waitFor();
    await page.getByText(`You are logged in as ${email}.`).waitFor();
    await page.getByText("After that, you will be sent to app.example.com.").waitFor();
    await press(page, "Log out");
    await page.waitForURL(`${LEFT}?**`);
    expect(page.url()).toBe(`${LEFT}?state=%C3%A4%20%2B`);
    // The page has left no step in the history.
    await page.goBack();
    expect(page.url()).toBe(`${service.url}/`);
    await expectLoggedOut(page);
  });

  test("without an application to go to, says that nobody is logged in any more", async () => {
    const { page } = await arrive();
    const tab = await page.context().newPage();
    await tab.goto(urlOf(""));
    await press(tab, "Log out");
    await isOut(tab);
    expect(await focused(tab)).toBe("You are logged out.");
    // The account page in the other tab learns it.
    await page.getByLabel("Password").waitFor();
    await tab.getByRole("link", { name: "Log in" }).click();
    await tab.getByLabel("Password").waitFor();
  });

  test("can be left without logging out", async () => {
    const { page, email } = await arrive();
    await page.goto(urlOf(""));
    await page.getByRole("link", { name: "Go to your account" }).click();
    await panel(page, "Profile").getByText(email).waitFor();
  });

  test("after a logout by an ID token, tells the person and the other tabs, and has removed the cookie", async () => {
    const person = await service.person();
    const visitor = new Visitor(service, LOCAL.ISSUER);
    await visitor.logIn(person);
    const { idToken } = await openWithIdToken(service, visitor);
    const page = await browser.open(`${service.url}/login`);
    const [name = "", value = ""] = (visitor.cookie ?? "").split("=");
    await page.context().addCookies([{ name, value, url: service.url }]);
    await page.goto(service.url);
    await panel(page, "Profile").getByText(person.email).waitFor();
    const tab = await page.context().newPage();
    const response = await tab.goto(urlOf(logoutQuery({ id_token_hint: idToken })));
    expect(response?.status()).toBe(200);
    expect(response?.headers()).toMatchObject({ "cache-control": "no-store" });
    await isOut(tab);
    expect(await page.context().cookies()).toEqual([]);
    await page.getByLabel("Password").waitFor();
  });

  test("where nobody is logged in, has a way to the application, if the request is its own", async () => {
    const page = await browser.open(urlOf(logoutQuery(URI)));
    await isOut(page);
    const link = page.getByRole("link", { name: "Go back to app.example.com" });
    expect(await link.getAttribute("href")).toBe(LEFT);
  });

  /** Requests that are not valid, by what is wrong with them. */
  const FAULTY: Record<LogoutFault, (idToken: string) => string> = {
    malformed: () => "state=%ff",
    repeated_parameter: () => "state=a&state=b",
    client_unknown: () => "client_id=nobody",
    client_id_contradicted: (id_token_hint) => logoutQuery({ id_token_hint, client_id: "tegata" }),
    client_id_missing: () => logoutQuery({ ...URI, client_id: undefined }),
    logout_uri_unregistered: () => logoutQuery({ ...URI, post_logout_redirect_uri: `${LEFT}/x` }),
  };

  test.each<[string, Texts]>([
    ["en-US", en],
    ["ja-JP", ja],
  ])(
    "says what is wrong with a request, and the person can log out (%s)",
    async (locale, texts) => {
      const visitor = new Visitor(service, LOCAL.ISSUER);
      const person = await service.person();
      await visitor.logIn(person);
      const { idToken } = await openWithIdToken(service, visitor);
      const page = await browser.open(`${service.url}/login`, { locale });
      const [name = "", value = ""] = (visitor.cookie ?? "").split("=");
      await page.context().addCookies([{ name, value, url: service.url }]);
      for (const fault of LOGOUT_FAULTS) {
        const url = urlOf(FAULTY[fault](idToken));
        const response = await page.goto(url);
        expect(response?.status(), fault).toBe(400);
        await page.getByRole("alert").getByText(texts.logoutNotProved).waitFor();
        await page.getByText(texts.logoutFaults[fault]).waitFor();
        await page.getByText(texts.loggedInAs(person.email)).waitFor();
      }
      await press(page, texts.logOut);
      await page.locator("main").getByRole("status").getByText(texts.loggedOut).waitFor();
      expect(page.url()).toContain(`${service.url}/logout?`);
      expect(await visitor.show()).toMatchObject({ is: "log_in" });
    },
  );

  test("can be tried again while the service cannot be reached", async () => {
    const { page } = await arrive();
    await page.goto(urlOf(""));
    await page.getByText("Do you want to log out of Tegata?").waitFor();
    await page.context().route("**/trpc/login.leave*", (route) => route.abort());
    await press(page, "Log out");
    await page.getByRole("alert").getByText(en.reasons.unreachable).waitFor();
    await page.context().unroute("**/trpc/login.leave*");
    await press(page, "Log out");
    await isOut(page);
    await expectLoggedOut(page);
  });
});
