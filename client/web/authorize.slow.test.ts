/** What a person does on the page that an application has sent the browser to. */
import type { Page } from "playwright-core";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { UNPROVED_FAULTS, type UnprovedFault } from "../../server/http/login/request.ts";
import { APP, addApp, ask, exchange, parametersOf } from "../../testing/authorization.ts";
import { hasBrowser, useBrowser } from "../../testing/browser.ts";
import { ENGINES } from "../../testing/engines.ts";
import { focused, panel, sendLogin } from "../../testing/page-actions.ts";
import { LOCAL, useService } from "../../testing/service.ts";
import { en, type Texts } from "./texts/en.ts";
import { ja } from "./texts/ja.ts";

/** Of an app on the person's machine. */
const SCHEME = "com.example.app:/callback";
const [engine = expect.unreachable()] = ENGINES;

describe.runIf(hasBrowser)("the page at /authorize", () => {
  const service = useService(engine, LOCAL);
  const browser = useBrowser();
  beforeAll(async () => {
    await addApp(service);
    await addApp(service, { id: "stranger", firstParty: false });
    await addApp(service, { id: "desktop", redirectUris: SCHEME });
  });
  afterEach(async () => {
    const complaints = await browser.complaints();
    expect(complaints.filter((one) => !one.startsWith(APP) && !one.startsWith(SCHEME))).toEqual([]);
  });

  const urlOf = ({ query }: { query: string }) => `${service.url}/authorize?${query}`;
  /** Opens the page in a new browser. The application is not on this machine: what it gets is recorded. */
  const open = async (request: { query: string }, locale = "en-US") => {
    const page = await browser.open(`${service.url}/login`, { locale });
    await page.context().route(`${APP}**`, (route) => route.fulfill({ body: "the application" }));
    await page.goto(urlOf(request));
    return page;
  };
  /** Waits for the application. @returns what it got */
  const returnedTo = async (page: Page) => {
    await page.waitForURL(`${APP}?**`);
    return parametersOf(page.url());
  };
  const press = (page: Page, name: string) => page.getByRole("button", { name }).click();
  const emailOf = async (request: Parameters<typeof exchange>[2], code = "", client = "app") => {
    const answer = await exchange(service, service.secret(code), request, { client_id: client });
    const { access_token } = service.issued(answer);
    const { json } = await service.query("me", access_token);
    return (json as { result: { data: { email: string } } }).result.data.email;
  };

  test("logs in and goes on to the application, which needs no password the next time", async () => {
    const { email } = await service.person();
    const request = ask();
    const page = await open(request);
    await page.getByText("to continue to The App").waitFor();
    await sendLogin(page, email, "wrong password");
    await page.getByRole("alert").getByText("Incorrect email, username or password.").waitFor();
    await sendLogin(page, email);
    const { code, state, iss } = await returnedTo(page);
    expect({ state, iss }).toEqual({ state: request.state, iss: LOCAL.ISSUER });
    expect(await emailOf(request, code)).toBe(email);

    const again = ask();
    // Playwright does not answer for a server that a redirect leads to: there is none.
    const sent = page.waitForRequest((one) => one.url().startsWith(APP));
    await page.goto(urlOf(again)).catch(() => undefined);
    expect(await emailOf(again, parametersOf((await sent).url())["code"])).toBe(email);
  });

  test("asks for permission, and tells the application either way", async () => {
    const { email } = await service.person();
    const client = { client_id: "stranger" };
    const denied = ask({ ...client, scope: "me" });
    const page = await open(denied);
    await sendLogin(page, email);
    await page.getByText("The App asks for permission to:").waitFor();
    expect(await page.locator("main li").allTextContents()).toEqual([en.scopes["me"]]);
    await page.getByText(`You are logged in as ${email}.`).waitFor();
    expect(await focused(page)).toBe("Log in");
    await page.getByText("You will be sent to app.example.com.").waitFor();
    await press(page, "Cancel");
    expect(await returnedTo(page)).toMatchObject({ error: "access_denied", state: denied.state });

    const allowed = ask({ ...client, scope: "me" });
    await page.goto(urlOf(allowed));
    await press(page, "Allow");
    const { code } = await returnedTo(page);
    expect(await emailOf(allowed, code, "stranger")).toBe(email);
    // The page has left no step in the history: the way back does not lead to its question.
    await page.goBack();
    expect(page.url()).toMatch(APP);
  });

  test("takes one answer: Cancel does nothing while Allow is being sent", async () => {
    const { email } = await service.person();
    const page = await open(ask({ client_id: "stranger" }));
    await sendLogin(page, email);
    let release = () => {};
    const held = new Promise<void>((done) => {
      release = done;
    });
    await page.route("**/trpc/login.authorization.allow?**", (route) =>
      held.then(() => route.continue()),
    );
    const denials: string[] = [];
    page.on("request", (request) => {
      if (request.url().includes("login.authorization.deny")) denials.push(request.url());
    });
    await press(page, "Allow");
    await page.getByText(en.pending).waitFor();
    await press(page, "Cancel");
    release();
    expect(await returnedTo(page)).toHaveProperty("code");
    expect(denials).toEqual([]);
  });

  test("logs in as another account", async () => {
    const [ada, bob] = [await service.person(), await service.person()];
    const request = ask({ client_id: "stranger" });
    const page = await open(request);
    await sendLogin(page, ada.email);
    await press(page, "Use another account");
    await expect.poll(() => focused(page)).toBe("Email or username");
    await sendLogin(page, bob.email);
    await page.getByText(`You are logged in as ${bob.email}.`).waitFor();
    await press(page, "Allow");
    expect(await emailOf(request, (await returnedTo(page)).code, "stranger")).toBe(bob.email);
  });

  test("asks again if another tab has changed the account or logged out", async () => {
    const [ada, bob] = [await service.person(), await service.person()];
    const request = ask({ client_id: "stranger" });
    const page = await open(request);
    await sendLogin(page, ada.email);
    await page.getByText(ada.email).waitFor();
    const tab = await page.context().newPage();
    await tab.goto(`${service.url}/login?another`);
    await sendLogin(tab, bob.email);
    await panel(tab, "Profile").getByText(bob.email).waitFor();
    await press(page, "Allow");
    await page.getByRole("alert").getByText("Something has changed meanwhile.").waitFor();
    await page.getByText(`You are logged in as ${bob.email}.`).waitFor();

    await tab.getByRole("button", { name: "Log out", exact: true }).click();
    await tab.getByLabel("Email or username").waitFor();
    await press(page, "Cancel");
    await sendLogin(page, ada.email);
    await page.getByText(`You are logged in as ${ada.email}.`).waitFor();
    await press(page, "Allow");
    expect(await emailOf(request, (await returnedTo(page)).code, "stranger")).toBe(ada.email);
  });

  test("has a ticket for an hour, and asks again then", async () => {
    const { email } = await service.person();
    const page = await open(ask({ client_id: "stranger" }));
    await sendLogin(page, email);
    await page.getByRole("button", { name: "Allow" }).waitFor();
    service.ahead += 61 * 60_000;
    await press(page, "Allow");
    await page.getByRole("alert").getByText("Something has changed meanwhile.").waitFor();
    await press(page, "Allow");
    expect(await returnedTo(page)).toHaveProperty("code");
  });

  test("asks before it opens an app on the user's machine", async () => {
    const { email } = await service.person();
    const page = await open(ask({ client_id: "desktop", redirect_uri: SCHEME }));
    await sendLogin(page, email);
    await page.getByText("You will be sent to com.example.app.").waitFor();
    await press(page, "Allow");
    await page.getByRole("status").getByText("Going back to com.example.app …").waitFor();
  });

  /** Requests that reach no application, by what is wrong with them. */
  const FAULTY: Record<UnprovedFault, string> = {
    malformed: "client_id=%ff",
    repeated_parameter: `${ask().query}&client_id=app`,
    client_id_missing: ask({ client_id: undefined }).query,
    client_unknown: ask({ client_id: "nobody" }).query,
    redirect_uri_missing: ask({ redirect_uri: undefined }).query,
    redirect_uri_unregistered: ask({ redirect_uri: `${APP}/other` }).query,
  };

  test.each<[string, Texts]>([
    ["en-US", en],
    ["ja-JP", ja],
  ])("says what is wrong with a request, and sends nobody anywhere (%s)", async (locale, texts) => {
    const page = await open({ query: FAULTY.malformed }, locale);
    for (const fault of UNPROVED_FAULTS) {
      const query = FAULTY[fault];
      const response = await page.goto(urlOf({ query }));
      expect(response?.status(), fault).toBe(400);
      await page.getByRole("alert").getByText(texts.notProved).waitFor();
      await page.getByText(texts.faults[fault]).waitFor();
      expect(page.url()).toBe(urlOf({ query }));
      expect(await page.locator("main :is(button, input, a)").count()).toBe(0);
    }
  });

  test("can be tried again while the service cannot be reached", async () => {
    const { email } = await service.person();
    const page = await open(ask({ client_id: "stranger" }));
    const procedure = "**/trpc/login.authorization.show*";
    await page.getByText("to continue to The App").waitFor();
    await page.context().route(procedure, (route) => route.abort());
    await sendLogin(page, email);
    await page.getByRole("alert").getByText(en.reasons.unreachable).waitFor();
    await page.context().unroute(procedure);
    await press(page, "Try again");
    await press(page, "Allow");
    expect(await returnedTo(page)).toHaveProperty("code");
  });
});
