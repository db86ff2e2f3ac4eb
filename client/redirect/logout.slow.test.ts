/** Logging out by redirects with the typed client, in a browser, on a page of another site than the service. */
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

/** A page that says whether it is logged in, with a button for each way in and out. */
const page = (options: string, store = "webStore(() => localStorage)") => `
  const one = create(${store}, ${options});
  const button = (text, act) => document.body.append(Object.assign(
    document.createElement("button"), { textContent: text, onclick: act }));
  button("Log in", () => one.loginWithRedirect());
  button("Log out", () => one.logoutWithRedirect().catch(fail));
  button("Log out twice", () => {
    one.logoutWithRedirect().catch(fail);
    create(${store}, ${options}).logoutWithRedirect().catch(fail);
  });
  button("Log out to", () => one.logoutWithRedirect({ returnTo: "/bye?a=b" }).catch(fail));
  button("Log out of another server", () =>
    create(memoryStore(), { url: "/another" }).logoutWithRedirect().catch(fail));
  button("Ask", () => one.api.me.query().then(({ email }) => show("Still " + email), fail));
  one.resume().then((is) => show(is ? "in" : "out"), fail);
  one.resume().catch(fail);`;
const OPENID = page('{ scope: "openid me" }');

describe.runIf(hasBrowser)("a page that logs out by redirects", () => {
  const service = new Service();
  const browser = useBrowser();
  let app: RedirectApp;
  beforeAll(async () => {
    const [port, appPort] = [String(await freePort()), await freePort()];
    const issuer = `http://127.0.0.1:${port}`;
    app = await RedirectApp.start(appPort, issuer);
    await service.start(engine, { PORT: port, ISSUER: issuer, CORS_ORIGINS: app.url });
    const spa = { id: "spa", name: "The Page", scopes: "me openid" };
    const uris = { redirectUris: "http://localhost/", logoutUris: "http://localhost/" };
    await addApp(service, { ...spa, ...uris });
    await addApp(service, { ...spa, ...uris, id: "unregistered", logoutUris: "" });
  });
  afterAll(async () => {
    await app?.stop();
    await service.stop();
  });
  afterEach(async () => {
    const complaints = await browser.complaints();
    expect(complaints.filter((one) => !one.startsWith(service.url))).toEqual([]);
  });

  const press = (on: Page, name: string) => on.getByRole("button", { name, exact: true }).click();
  const says = (on: Page, text: string) => on.getByText(text, { exact: true }).waitFor();
  /** Opens the page in a new browser, and logs in. */
  const logIn = async (script: string) => {
    app.script = script;
    const { email } = await service.person();
    const opened = await browser.open(app.url);
    await press(opened, "Log in");
    await sendLogin(opened, email);
    // At a loopback address, any program could be: the person is asked.
    await press(opened, "Allow");
    await says(opened, "in");
    return { page: opened, email };
  };
  const stored = (on: Page) =>
    on.evaluate<string[]>("[...Object.keys(sessionStorage), ...Object.keys(localStorage)]");
  /** Whether the browser is still logged in at the service: then a login needs no password. */
  const isLoggedIn = async (on: Page) => {
    await press(on, "Log in");
    await on.getByText("The Page").waitFor();
    return (await on.getByLabel("Password").count()) === 0;
  };

  test("comes back logged out, with nothing left of it in the URL and the storage, and so is the browser", async () => {
    const { page: opened } = await logIn(OPENID);
    await press(opened, "Log out");
    await says(opened, "out");
    expect(opened.url()).toBe(`${app.url}/`);
    expect(await stored(opened)).toEqual([]);
    await opened.reload();
    await says(opened, "out");
    expect(await isLoggedIn(opened)).toBe(false);
  });

  test("goes on to where it wants to, and to no other origin", async () => {
    const { page: opened } = await logIn(OPENID);
    await press(opened, "Log out to");
    await says(opened, "out");
    expect(opened.url()).toBe(`${app.url}/bye?a=b`);
    app.script = `create().logoutWithRedirect({ returnTo: "https://other.example.com/" }).catch(fail)`;
    await opened.reload();
    await opened.getByText("TypeError: : returnTo must be a URL of this origin").waitFor();
    expect(await stored(opened)).toEqual([]);
  });

  test.each([
    ["that share their tokens", OPENID],
    ["that do not", page('{ scope: "openid me" }', "memoryStore()")],
  ])("may log out twice at once, as frameworks do, with two clients %s", async (_, script) => {
    const { page: opened } = await logIn(script);
    await press(opened, "Log out twice");
    await says(opened, "out");
    expect(opened.url()).toBe(`${app.url}/`);
    expect(await isLoggedIn(opened)).toBe(false);
  });

  test("a logout of another server does not go to this one", async () => {
    const { page: opened } = await logIn(OPENID);
    // A response without content leaves the page as it is.
    const logout = `${service.url}/logout?*`;
    await opened.route(logout, (route) => route.fulfill({ status: 204 }));
    const left = opened.waitForRequest(logout);
    await press(opened, "Log out");
    await left;
    await press(opened, "Log out of another server");
    await opened.waitForURL(`${app.url}/another/logout?*`);
  });

  test("without openid, the service asks: a click logs out and goes back", async () => {
    const { page: opened, email } = await logIn(page("{}"));
    await press(opened, "Log out");
    await opened.getByText(`You are logged in as ${email}.`).waitFor();
    expect(await opened.evaluate<string>("location.search")).not.toContain("id_token_hint");
    await press(opened, "Log out");
    await says(opened, "out");
    expect(opened.url()).toBe(`${app.url}/`);
    expect(await isLoggedIn(opened)).toBe(false);
  });

  test("without a click there, the page is logged out all the same, and the browser is not", async () => {
    const { page: opened, email } = await logIn(page("{}"));
    await press(opened, "Log out");
    await opened.getByText(`You are logged in as ${email}.`).waitFor();
    await opened.goto(app.url);
    await says(opened, "out");
    expect(await isLoggedIn(opened)).toBe(true);
  });

  test("another tab of the page learns it", async () => {
    const { page: opened } = await logIn(OPENID);
    const tab = await opened.context().newPage();
    await tab.goto(app.url);
    await says(tab, "in");
    await press(opened, "Log out");
    await says(opened, "out");
    await press(tab, "Ask");
    await tab.getByText("TRPCClientError: ").waitFor();
    await tab.reload();
    await says(tab, "out");
  });

  test("where the logout URI is not registered, the service says so and sends nobody anywhere", async () => {
    const { page: opened, email } = await logIn(
      page('{ scope: "openid me", clientId: "unregistered" }'),
    );
    await press(opened, "Log out");
    await opened.getByRole("alert").getByText("This request to log out is not valid.").waitFor();
    await opened.getByText(`You are logged in as ${email}.`).waitFor();
    await press(opened, "Log out");
    await opened.locator("main").getByRole("status").getByText("You are logged out.").waitFor();
    expect(new URL(opened.url()).origin).toBe(service.url);
  });
});
