import { afterEach, describe, expect, test } from "vitest";
import { hasBrowser, useBrowser } from "../../testing/browser.ts";
import { ENGINES } from "../../testing/engines.ts";
import {
  expectToBe,
  expectTokensHidden,
  logIn,
  panel,
  sendLogin,
  shownToken,
} from "../../testing/page-actions.ts";
import { LOCAL, useService } from "../../testing/service.ts";

const NOBODY = "None. Log in to get one.";

describe.runIf(hasBrowser).each(ENGINES.slice(0, 1))("the session of the page", (engine) => {
  const service = useService(engine, LOCAL);
  const browser = useBrowser();
  afterEach(async () => {
    expect(await browser.complaints()).toEqual([]);
  });

  test("survives a reload, with a new access token", async () => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/workbench`);
    await logIn(page, email);
    const before = await shownToken(page);
    for (const _ of [1, 2]) {
      await page.reload();
      await page.getByRole("button", { name: "Get Me", exact: true }).waitFor();
      expect(await page.evaluate(() => document.activeElement === document.body)).toBe(true);
      await expectToBe(page, email);
      expect(service.secret(await shownToken(page))).not.toBe(before);
      await expectTokensHidden(page);
    }
    await page.goto(`${service.url}/static/index.html`);
    await expectToBe(page, email);
  });

  test("is shared with a second tab and ends in both", async () => {
    const { email } = await service.person();
    const first = await browser.open(`${service.url}/workbench`);
    const second = await first.context().newPage();
    await second.goto(`${service.url}/workbench`);
    await second.getByText(NOBODY).waitFor();
    await logIn(first, email);
    await expectToBe(second, email);
    const third = await first.context().newPage();
    await third.goto(`${service.url}/workbench`);
    await expectToBe(third, email);

    service.ahead += 31 * 60_000;
    for (const page of [third, first, second, third]) await expectToBe(page, email);
    expect(await shownToken(first)).toBe(await shownToken(third));
    await second.getByRole("button", { name: "Log out", exact: true }).click();
    for (const page of [first, second, third]) await page.getByText(NOBODY).waitFor();
    await first.reload();
    await first.getByText(NOBODY).waitFor();
  });

  test("survives duplicating the tab, even if the copy was suspended", async () => {
    const { email } = await service.person();
    const first = await browser.open(`${service.url}/workbench`);
    await logIn(first, email);
    const [copy] = await Promise.all([
      first.context().waitForEvent("page"),
      first.evaluate(() => void window.open(location.href)),
    ]);
    await expectToBe(copy, email);
    const stale = await copy.evaluate(() => JSON.stringify(sessionStorage.getItem("tegata")));
    for (const _ of [1, 2]) {
      service.ahead += 31 * 60_000;
      await expectToBe(first, email);
    }
    await copy.evaluate((kept) => sessionStorage.setItem("tegata", JSON.parse(kept)), stale);
    await copy.reload();
    for (const page of [copy, first]) await expectToBe(page, email);
  });

  test("shows the login form and the reason after it was ended elsewhere", async () => {
    const person = await service.person();
    const page = await browser.open(`${service.url}/workbench`);
    await logIn(page, person.email);
    await service.mutate("sessions.revokeOthers", undefined, await service.login(person));
    await page.getByRole("button", { name: "Get Me", exact: true }).click();
    await page.getByRole("alert").getByText("Your session has ended.").waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Log in");
    await logIn(page, person.email);
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  test("is restored on the account page too, or can be restored from there", async () => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/login`);
    await logIn(page, email);
    await page.route("**/token", (route) => route.abort());
    await page.reload();
    const restoring = panel(page, "Restoring your session");
    await restoring.getByRole("alert").getByText("The server cannot be reached.").waitFor();
    expect(await page.locator("section").count()).toBe(1);
    await page.unroute("**/token");
    await restoring.getByRole("button", { name: "Try again" }).press("Enter");
    await panel(page, "Profile").getByText(email).waitFor();
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.textContent))
      .toBe("Profile");
  });

  test("shows after a reload that it has ended", async () => {
    const person = await service.person();
    const page = await browser.open(`${service.url}/workbench`);
    await logIn(page, person.email);
    await service.mutate("sessions.revokeOthers", undefined, await service.login(person));
    await page.reload();
    await page.getByRole("alert").getByText("Your session has ended.").waitFor();
  });

  test("is kept while the server cannot be reached", async () => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/workbench`);
    await logIn(page, email);
    await page.route("**/token", (route) => route.abort());
    await page.reload();
    const restoring = panel(page, "Restoring your session");
    await restoring.getByRole("alert").getByText("The server cannot be reached.").waitFor();
    await page.unroute("**/token");
    await restoring.getByRole("button", { name: "Try again" }).press("Enter");
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.textContent))
      .toBe("Current token");
    await expectToBe(page, email);
  });

  test("is not opened again for somebody who logs out while it is being restored", async () => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/login`);
    await logIn(page, email);
    let answer = () => {};
    const held = new Promise<void>((done) => {
      answer = done;
    });
    await page.route("**/token", (route) => held.then(() => route.continue()));
    await Promise.all([page.waitForRequest("**/token"), page.reload()]);
    // The browser stays logged in: the server does not learn of it.
    await page.route(/login\.leave|revoke/, (route) => route.abort());
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.getByRole("button", { name: "Log out", exact: true }).click();
    await page.getByRole("alert").getByText("the server could not be notified").waitFor();
    const answered = page.waitForResponse("**/token");
    answer();
    await (await answered).finished();
    await sendLogin(page, email, "wrong password");
    await page.getByRole("alert").getByText("Incorrect").waitFor();
    const calls = ["leave", "show", "password"].map((name) => `/trpc/login.${name}`);
    expect(asked.filter((path) => path.startsWith("/trpc/login"))).toEqual(calls);
  });

  test("ends on this device even if the server cannot be notified", async () => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/workbench`);
    await logIn(page, email);
    await page.context().setOffline(true);
    await page.getByRole("button", { name: "Log out", exact: true }).click();
    await page.getByRole("alert").getByText("the server could not be notified").waitFor();
    await sendLogin(page, email);
    await page.getByRole("alert").getByText("The server cannot be reached.").waitFor();
    await page.context().setOffline(false);
    await logIn(page, email);
  });
});
