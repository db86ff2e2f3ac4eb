/** Logging in by redirects with the typed client, in a browser, on a page of another site than the service. */
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { addApp } from "../../testing/authorization.ts";
import { hasBrowser, useBrowser } from "../../testing/browser.ts";
import { ENGINES } from "../../testing/engines.ts";
import { sendLogin } from "../../testing/page-actions.ts";
import { freePort } from "../../testing/ports.ts";
import { RedirectApp } from "../../testing/redirect-app.ts";
import { Service } from "../../testing/service.ts";

const [engine = expect.unreachable()] = ENGINES;
const PLAIN = "start(create()).catch(fail);";

describe.runIf(hasBrowser)("a page that logs in by redirects", () => {
  const service = new Service();
  const browser = useBrowser();
  let app: RedirectApp;
  beforeAll(async () => {
    const [port, appPort] = [String(await freePort()), await freePort()];
    const issuer = `http://127.0.0.1:${port}`;
    app = await RedirectApp.start(appPort, issuer);
    await service.start(engine, { PORT: port, ISSUER: issuer, CORS_ORIGINS: app.url });
    await addApp(service, { id: "spa", name: "The Page", redirectUris: "http://localhost/" });
  });
  afterAll(async () => {
    await app?.stop();
    await service.stop();
  });
  afterEach(async () => {
    app.script = PLAIN;
    const complaints = await browser.complaints();
    expect(complaints.filter((one) => !one.startsWith(service.url))).toEqual([]);
  });

  const press = (page: Page, name: string) => page.getByRole("button", { name }).click();
  /** Opens the page in a new browser, and logs in. */
  const logIn = async (script = PLAIN, path = "/") => {
    app.script = script;
    const { email } = await service.person();
    const page = await browser.open(app.url + path);
    await page.getByText("to continue to The Page").waitFor();
    await sendLogin(page, email);
    await press(page, "Allow");
    return { page, email };
  };
  const greetings = (page: Page, email: string) => page.getByText(`Hello, ${email}`);
  const shown = (page: Page) => page.locator("p").allTextContents();
  const stored = (page: Page) => page.evaluate<string[]>("Object.keys(sessionStorage)");

  test("comes back logged in to where it was, with nothing left of it in the URL and the storage", async () => {
    const { page, email } = await logIn(PLAIN, "/deep?x=1&code=y#part");
    await greetings(page, email).waitFor();
    expect(page.url()).toBe(`${app.url}/deep?x=1&code=y#part`);
    expect(await stored(page)).toEqual(["tegata"]);
    await page.reload();
    await greetings(page, email).waitFor();
    // The login has left no step in the history.
    await page.goBack();
    expect(page.url()).toBe("about:blank");
  });

  test("asks for the password again, and fills in the name, if it says so", async () => {
    const { page, email } = await logIn();
    await greetings(page, email).waitFor();
    app.script = `create().loginWithRedirect({ prompt: "login", loginHint: "eve@example.com" })
      .catch(fail);`;
    await page.reload();
    await page.getByText("to continue to The Page").waitFor();
    expect(await page.getByRole("textbox").first().inputValue()).toBe("eve@example.com");
  });

  const BUTTON = `const one = create();
    const button = Object.assign(document.createElement("button"), { textContent: "Log in" });
    button.onclick = () => one.loginWithRedirect();
    document.body.append(button);
    one.resume().then((is) => show(is ? "in" : "out"), fail);`;

  test("is logged in after a step back, also where the browser shows it as it was left", async () => {
    const { email } = await service.person();
    app.script = BUTTON;
    const page = await browser.open(app.url);
    await press(page, "Log in");
    await sendLogin(page, email);
    await press(page, "Allow");
    await page.getByText("in", { exact: true }).waitFor();
    await page.goBack();
    await page.getByText("in", { exact: true }).waitFor();
    expect(page.url()).toBe(`${app.url}/`);

    // Playwright turns off that browsers keep pages. A response without content leaves the page as it is.
    await page.route("**/authorize?*", (route) => route.fulfill({ status: 204 }));
    const left = page.waitForRequest("**/authorize?*");
    await press(page, "Log in");
    await left;
    const loaded = page.waitForEvent("load");
    await page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))");
    await loaded;
    await page.getByText("in", { exact: true }).waitFor();
  });

  test.each([
    ["with one client", "const one = create(); start(one).catch(fail); start(one).catch(fail);"],
    ["with two clients", "start(create()).catch(fail); start(create()).catch(fail);"],
  ])("may start twice at once, as frameworks do, %s", async (_, script) => {
    const { page, email } = await logIn(script);
    await greetings(page, email).nth(1).waitFor();
    expect(await shown(page)).toEqual([`Hello, ${email}`, `Hello, ${email}`]);
  });

  test("is told if it has two clients that do not share their tokens", async () => {
    const two =
      "start(create(memoryStore())).catch(fail); start(create(memoryStore())).catch(fail);";
    const { page, email } = await logIn(two);
    await greetings(page, email).waitFor();
    await page.getByText("TypeError: : another client of this page").waitFor();
  });

  test("starts again once after a response that it has not asked for, and fails then", async () => {
    const stranger = `${app.url}/?page=2&code=x&state=unknown&iss=${service.url}`;
    const { email } = await service.person();
    const page = await browser.open(stranger);
    await page.getByText("to continue to The Page").waitFor();
    await page.goto(stranger);
    await page.getByText("AuthError: unexpected_response").waitFor();
    expect(page.url()).toBe(`${app.url}/?page=2`);
    await page.goto(stranger);
    await sendLogin(page, email);
    await press(page, "Allow");
    await greetings(page, email).waitFor();
    expect(page.url()).toBe(`${app.url}/?page=2`);
    // Who is logged in stays so.
    await page.goto(stranger);
    await greetings(page, email).waitFor();
  });

  test("shares the page with a client of another server", async () => {
    const other = `create(memoryStore(), { url: "https://other.example.com" })`;
    const { page, email } = await logIn(
      `${other}.resume().then((is) => show("other: " + is), fail); ${PLAIN}`,
    );
    await greetings(page, email).waitFor();
    expect(await shown(page)).toEqual(["other: false", `Hello, ${email}`]);
  });

  test.each(["", "&iss=https://other.example.com"])(
    "leaves the response of another provider alone (%j)",
    async (iss) => {
      app.script = "create().resume().then(show, fail);";
      const url = `${app.url}/?code=x&state=unknown${iss}`;
      const page = await browser.open(url);
      await page.getByText("false").waitFor();
      expect(page.url()).toBe(url);
    },
  );

  test("no link to the page removes what other parts of the page have stored", async () => {
    const script = `start(create(webStore(() => sessionStorage, "tegata.first"))).catch(fail);`;
    const { page, email } = await logIn(script);
    await greetings(page, email).waitFor();
    await page.goto(`${app.url}/?code=x&state=first&iss=${service.url}`);
    await greetings(page, email).waitFor();
    expect(await stored(page)).toEqual(["tegata.first"]);
  });

  test("says that a page without https cannot log in, and stores nothing", async () => {
    const plain = "http://app.example.com";
    app.script = "";
    const page = await browser.open(app.url);
    await page.route(`${plain}/**`, async (route) => {
      const { pathname } = new URL(route.request().url());
      await route.fulfill({ response: await route.fetch({ url: app.url + pathname }) });
    });
    app.script = PLAIN;
    await page.goto(plain);
    await page.getByText("TypeError: : loginWithRedirect() needs https or a loopback").waitFor();
    expect(await stored(page)).toEqual([]);
    // It is another site than that of the other tests.
    const complaints = await browser.complaints();
    expect(complaints.filter((one) => !one.startsWith(plain))).toEqual([]);
  });

  test("is told that the user has refused, and can log in after that", async () => {
    const { email } = await service.person();
    const page = await browser.open(app.url);
    await sendLogin(page, email);
    await press(page, "Cancel");
    await page.getByText("AuthError: login_refused: the user has not agreed").waitFor();
    expect(page.url()).toBe(`${app.url}/`);
    expect(await stored(page)).toEqual([]);
    await page.reload();
    await press(page, "Allow");
    await greetings(page, email).waitFor();
  });

  test("takes no response of another server", async () => {
    const page = await browser.open(app.url);
    await page.getByText("to continue to The Page").waitFor();
    const state = new URL(page.url()).searchParams.get("state") ?? "";
    await page.goto(`${app.url}/?code=x&state=${state}&iss=https://other.example.com`);
    await page.getByText("AuthError: unexpected_response: the response is from another").waitFor();
    expect(page.url()).toBe(`${app.url}/`);
    expect(await stored(page)).toEqual([]);
  });

  test.each(["https://other.example.com/", "//other.example.com/", "javascript:alert(1)"])(
    "does not go on to %s",
    async (returnTo) => {
      app.script = `create().loginWithRedirect({ returnTo: "${returnTo}" }).catch(fail);`;
      const page = await browser.open(app.url);
      await page.getByText("TypeError: : returnTo must be a URL of this origin").waitFor();
      expect(await stored(page)).toEqual([]);
    },
  );

  test("goes on to where it wants to", async () => {
    const go = `loginWithRedirect({ returnTo: "/next?a=b" })`;
    const script = `const one = create();
      one.resume().then((is) => is ? show("Hello") : one.${go}).catch(fail);`;
    const { page } = await logIn(script);
    await page.getByText("Hello").waitFor();
    expect(page.url()).toBe(`${app.url}/next?a=b`);
  });

  test("logs in in two tabs at once", async () => {
    const { email } = await service.person();
    const first = await browser.open(app.url);
    const second = await first.context().newPage();
    await second.goto(app.url);
    await second.getByText("to continue to The Page").waitFor();
    await sendLogin(first, email);
    await press(first, "Allow");
    await greetings(first, email).waitFor();
    // The tabs of this browser are always visible.
    await second.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    await press(second, "Allow");
    await greetings(second, email).waitFor();
    for (const page of [first, second]) {
      await page.reload();
      await greetings(page, email).waitFor();
    }
  });

  test("logs out, and stays so until the user logs in", async () => {
    const script = `const one = create();
      start(one).then(() => one.logout()).then(() => one.resume()).then(show, fail);`;
    const { page } = await logIn(script);
    await page.getByText("false").waitFor();
    expect(await stored(page)).toEqual([]);
  });
});
