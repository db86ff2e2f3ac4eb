/** What people do on the page. The page does not depend on the engine, so `npm test` runs these tests on one engine. */
import { afterEach, expect, test } from "vitest";
import { expectNoSidewaysScrolling, useBrowser } from "./browser.ts";
import type { Engine } from "./engines.ts";
import {
  expectToBe,
  expectTokensHidden,
  logIn,
  openForm,
  panel,
  sendLogin,
  sendRegistration,
  shownToken,
} from "./page-actions.ts";
import { LOCAL, NEW_PASSWORD, PASSWORD, useService } from "./service.ts";

const WIDTHS = [360, 1440];

/** Tests what people do on the page, with the service on one engine. */
export function testPage(engine: Engine): void {
  const service = useService(engine, LOCAL);
  const browser = useBrowser();
  afterEach(async () => {
    expect(await browser.complaints()).toEqual([]);
  });

  test.each(WIDTHS)("%i pixels wide: registers, gets a token and logs out", async (width) => {
    const page = await browser.open(`${service.url}/workbench`, {
      viewport: { width, height: 800 },
    });
    const email = `wide${width}@example.com`;
    await page.getByText("None. Log in to get one.").waitFor();
    await expectNoSidewaysScrolling(page);
    await page.getByRole("link", { name: "Create an account" }).click();
    await sendRegistration(page, {
      Email: email,
      "Full name": "Ada Lovelace",
      Password: service.secret(PASSWORD),
    });
    const token = panel(page, "Current token");
    await token.getByText(/^Expires in \d+:\d\d$/).waitFor();
    const jwt = service.secret(await shownToken(page));
    if (width < 832) await token.getByText("Header and claims").click();
    expect(await token.getByRole("row", { name: "client_id" }).textContent()).toContain("tegata");
    expect(await token.getByRole("row", { name: "typ" }).textContent()).toContain("at+jwt");
    expect(await service.query("me", jwt)).toMatchObject({ status: 200 });
    await expectToBe(page, email);
    await panel(page, "Me").getByText('"fullName": "Ada Lovelace"').waitFor();
    await panel(page, "Me")
      .getByText(/^Status 200, \d+ ms$/)
      .waitFor();
    await expectNoSidewaysScrolling(page);
    await expectTokensHidden(page);

    await page.getByRole("button", { name: "Log out", exact: true }).click();
    await page.getByText("None. Log in to get one.").waitFor();
    expect(await page.evaluate("sessionStorage.length")).toBe(0);
    // The page forgets its tokens first, and tells the service then.
    await expect.poll(() => service.query("me", jwt)).toMatchObject({ status: 401 });
  });

  test.each(WIDTHS)("%i pixels wide: adds, pages through and removes items", async (width) => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/workbench`, {
      viewport: { width, height: 800 },
    });
    await logIn(page, email);
    const items = panel(page, "Items");
    await items.getByText("No response yet.").waitFor();
    for (const number of [1, 2, 3, 4, 5, 6, 7]) {
      await items.getByLabel("Title").fill(`Item ${number}`);
      await items.getByRole("button", { name: "Add", exact: true }).click();
      await items.getByText(`Added: Item ${number}`).waitFor();
    }
    await items.getByRole("button", { name: "Get Items", exact: true }).click();
    const last = items.getByRole("button", { name: "Remove Item 7", exact: true });
    const more = items.getByRole("button", { name: "More" });
    await items.getByRole("button", { name: "Remove Item 1", exact: true }).waitFor();
    expect(await last.count()).toBe(0);
    await more.click();
    await last.waitFor();
    await expect.poll(() => more.count()).toBe(0);
    expect(await page.evaluate("document.activeElement?.textContent")).toBe("Response");

    await items.getByRole("button", { name: "Remove Item 2", exact: true }).click();
    await items.getByText("Removed: Item 2").waitFor();
    expect(await page.evaluate("document.activeElement?.textContent")).toBe("Response");
    await items.getByRole("button", { name: "Get Items", exact: true }).click();
    await expect.poll(() => items.getByRole("listitem").count()).toBe(5);
    expect(await items.getByText("Item 2", { exact: true }).count()).toBe(0);
    await expectNoSidewaysScrolling(page);
  });

  test("lists where the user is logged in, and logs out one device or all others", async () => {
    const person = await service.person();
    const others = [await service.login(person), await service.login(person)];
    const page = await browser.open(`${service.url}/login`);
    await logIn(page, person.email);
    const devices = panel(page, "Devices");
    await devices.getByText("Chrome, Linux This device").waitFor();
    expect(await devices.getByRole("listitem").count()).toBe(3);
    await devices.getByRole("button", { name: "Log out node" }).first().click();
    await devices.getByText("1 device was logged out.").waitFor();
    expect(await page.evaluate("document.activeElement?.textContent")).toBe("Devices");
    others.push(await service.login(person));
    await page.reload();
    await devices.getByRole("listitem").nth(2).waitFor();
    await devices.getByRole("button", { name: "Log out all other devices" }).click();
    await devices.getByText("2 devices were logged out.").waitFor();
    await expect.poll(() => devices.getByRole("listitem").count()).toBe(1);
    for (const token of others)
      expect(await service.query("me", token)).toMatchObject({ status: 401 });
    await page.reload();
    await panel(page, "Profile").getByText(person.email).waitFor();
  });

  test("changes the password", async () => {
    const person = await service.person();
    const other = await service.login(person);
    const page = await browser.open(`${service.url}/login`);
    await logIn(page, person.email);
    const devices = panel(page, "Devices");
    await devices.getByRole("listitem").nth(1).waitFor();
    const part = await openForm(page, "Password", "Change password");
    await part.getByLabel("Current password").fill(person.password);
    await part.getByLabel("New password").fill(service.secret(NEW_PASSWORD));
    await part.getByRole("button", { name: "Change password" }).click();
    await part.getByText("Your password was changed").waitFor();
    await expect.poll(() => devices.getByRole("listitem").count()).toBe(1);
    await panel(page, "Recent events").getByText("Password changed").waitFor();
    expect(await service.query("me", other)).toMatchObject({ status: 401 });
    await page.getByRole("button", { name: "Log out", exact: true }).click();
    await sendLogin(page, person.email);
    await page.getByText("Incorrect email, username or password.").waitFor();
    await logIn(page, person.email, NEW_PASSWORD);
  });

  test("the next request refreshes an expired access token", async () => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/workbench`);
    await logIn(page, email);
    const before = service.secret(await shownToken(page));
    service.ahead += 31 * 60_000;
    await expectToBe(page, email);
    expect(service.secret(await shownToken(page))).not.toBe(before);
    await expectTokensHidden(page);
  });
}
