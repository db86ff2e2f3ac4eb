/** The log-in page when something is in the way: another language, a lost connection, too many attempts, a link from elsewhere. */
import type { Page } from "playwright-core";
import { afterEach, describe, expect, test } from "vitest";
import { hasBrowser, useBrowser } from "../../testing/browser.ts";
import { ENGINES } from "../../testing/engines.ts";
import { fieldErrors, focused } from "../../testing/page-actions.ts";
import { LOCAL, PASSWORD, useService } from "../../testing/service.ts";

describe.runIf(hasBrowser).each(ENGINES.slice(0, 1))("the log-in page", (engine) => {
  const service = useService(engine, LOCAL);
  const browser = useBrowser();
  afterEach(async () => {
    expect(await browser.complaints()).toEqual([]);
  });
  const pathOf = (page: Page) => () => new URL(page.url()).pathname;

  test("changes its language without losing anything, and remembers that", async () => {
    const page = await browser.open(`${service.url}/login`);
    const html = page.locator("html");
    expect(await html.getAttribute("lang")).toBe("en");
    await page.getByLabel("Email or username").fill("ada");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByText("This field is required.").waitFor();
    await page.getByRole("button", { name: "日本語" }).press("Enter");
    expect(await html.getAttribute("lang")).toBe("ja");
    expect(await page.title()).toBe("ログイン · Tegata");
    expect(await fieldErrors(page)).toEqual([["password", "必須項目です。"]]);
    await page.getByRole("alert").getByText("印の付いた項目を確認してください。").waitFor();
    expect(await page.getByLabel("メールアドレスまたはユーザー名").inputValue()).toBe("ada");
    expect(await focused(page)).toBe("English");
    await page.reload();
    await page.getByRole("button", { name: "ログイン" }).waitFor();
    await page.getByRole("button", { name: "English" }).click();
    await page.reload();
    await page.getByRole("button", { name: "Log in" }).waitFor();
  });

  test("has the language of the browser", async () => {
    const page = await browser.open(`${service.url}/login`, { locale: "ja-JP" });
    await page.getByRole("button", { name: "ログイン" }).waitFor();
    expect(await page.locator("html").getAttribute("lang")).toBe("ja");
  });

  test("says that the connection is lost, and works when it is back", async () => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/login`);
    await page.getByLabel("Email or username").fill(email);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.context().setOffline(true);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("alert").getByText("The server cannot be reached.").waitFor();
    // A screen whose script is not loaded yet.
    await page.getByRole("link", { name: "Create an account" }).click();
    await page.getByRole("heading", { name: "This page could not be loaded" }).waitFor();
    await expect.poll(() => focused(page)).toBe("This page could not be loaded");
    await page.context().setOffline(false);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByLabel("Full name").waitFor();
    expect(pathOf(page)()).toBe("/register");
  });

  test.each([
    ["/trpc/login.password?batch=1", "/login", "Log in"],
    ["/trpc/password.forgot?batch=1", "/forgot", "Send a link"],
    ["/trpc/register?batch=1", "/register", "Create an account"],
  ])("counts down after too many attempts at %s", async (path, screen, button) => {
    const page = await browser.open(service.url + screen);
    await page.clock.install();
    await page.reload();
    const data = { reason: "too_many_attempts", code: "x", retryAfterSeconds: 120 };
    const json = [{ error: { message: "x", code: -32029, data } }];
    await page.route(service.url + path, (route) => route.fulfill({ status: 429, json }));
    await page.locator("[autocomplete=username]").fill("ada@example.com");
    if (screen !== "/forgot") await page.getByLabel("Password").fill(PASSWORD);
    const submit = page.getByRole("button", { name: button });
    await submit.click();
    await page.getByRole("alert").getByText("Too many attempts.").waitFor();
    await page
      .getByRole("timer")
      .getByText(/Try again in 1[12]\d s/)
      .waitFor();
    expect(await submit.isDisabled()).toBe(true);
    await page.clock.runFor(121_000);
    await expect.poll(() => submit.isDisabled()).toBe(false);
  });

  test.each([
    ["?to=/workbench", "/workbench"],
    ["?to=/", "/"],
    ["", "/"],
    ["?to=//evil.test/", "/"],
    ["?to=/%5Cevil.test/", "/"],
    ["?to=https://evil.test/", "/"],
    ["?to=javascript:alert(1)", "/"],
    ["?to=/nowhere", "/"],
    ["?to=/login", "/"],
    ["?to=/workbench&to=/x", "/"],
  ])("/login%s leads to %s, and to no place that is not ours", async (query, path) => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/login${query}`);
    await page.getByLabel("Email or username").fill(email);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Log in" }).click();
    await expect.poll(pathOf(page)).toBe(path);
    await page.reload();
    await page.locator("h1").waitFor();
    expect(page.url()).toBe(service.url + path);
  });

  test("works with the keyboard alone, and shows the password while somebody wants that", async () => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/login`);
    const tab = async (text: string) => {
      await page.keyboard.press("Tab");
      expect(await focused(page)).toBe(text);
    };
    await page.getByRole("heading", { name: "Log in" }).waitFor();
    await tab("Email or username");
    await page.keyboard.type(email);
    await tab("Password");
    await page.keyboard.type(PASSWORD);
    await tab("Show: Password");
    const field = page.locator("#password");
    await page.keyboard.press("Space");
    expect(await field.getAttribute("type")).toBe("text");
    expect(await page.getByRole("switch").isChecked()).toBe(true);
    // A field without a password is one that a browser remembers as a text.
    await page.route("**/trpc/login.password?**", (route) => route.abort());
    await tab("Stay logged in on this device");
    await tab("Log in");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").waitFor();
    expect(await field.getAttribute("type")).toBe("password");
    await page.unroute("**/trpc/login.password?**");
    await page.keyboard.press("Enter");
    await expect.poll(pathOf(page)).toBe("/");
    await expect.poll(() => focused(page)).toBe("Account");
  });

  test.each([
    ["mail", "Forgot your password?", "/forgot"],
    ["registration", "Create an account", "/register"],
  ])("without %s, it does not offer it", async (fact, link, path) => {
    const page = await browser.open(`${service.url}/login`);
    await page.getByRole("link", { name: link }).waitFor();
    await page.route(`${service.url}${path}`, async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replace(`${fact}&quot;:true`, `${fact}&quot;:false`);
      await route.fulfill({ response, body });
    });
    await page.goto(service.url + path);
    await page.getByRole("button", { name: "Log in" }).waitFor();
    expect(pathOf(page)()).toBe("/login");
    expect(await page.getByRole("link", { name: link }).count()).toBe(0);
  });
});
