/** A browser that is logged in: what its tabs know without a password, and what other browsers see of it. */
import { afterEach, describe, expect, test } from "vitest";
import { hasBrowser, useBrowser } from "../../testing/browser.ts";
import { ENGINES } from "../../testing/engines.ts";
import { expectToBe, logIn, panel, sendLogin } from "../../testing/page-actions.ts";
import { LOCAL, PASSWORD, useService } from "../../testing/service.ts";

const [engine = expect.unreachable()] = ENGINES;
const STAY = "Stay logged in on this device";

describe.runIf(hasBrowser)("a browser that is logged in", () => {
  const service = useService(engine, LOCAL);
  const browser = useBrowser();
  afterEach(async () => {
    expect(await browser.complaints()).toEqual([]);
  });

  test.each([false, true])("needs no password in a new tab (stay logged in: %s)", async (stays) => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/login`);
    const context = page.context();
    if (stays) await page.getByLabel(STAY).check();
    await logIn(page, email);
    const [cookie, ...others] = await context.cookies();
    expect(others).toEqual([]);
    expect(cookie).toMatchObject({ name: "tegata", httpOnly: true, sameSite: "Lax", path: "/" });
    expect((cookie?.expires ?? 0) > Date.now() / 1000 + 89 * 86_400).toBe(stays);
    expect(cookie?.expires === -1).toBe(!stays);
    expect(await page.evaluate(() => document.cookie)).toBe("");

    // No other tab is left that could share its tokens.
    await page.close();
    const next = await context.newPage();
    await next.goto(`${service.url}/login?to=/workbench`);
    await expectToBe(next, email);
    expect(new URL(next.url()).pathname).toBe("/workbench");
    expect(await next.evaluate(() => Object.keys(localStorage))).toEqual([]);
    await next.getByRole("button", { name: "Log out", exact: true }).click();
    await next.getByText("None. Log in to get one.").waitFor();
    await expect.poll(() => context.cookies()).toEqual([]);
    await next.reload();
    await next.getByText("None. Log in to get one.").waitFor();
  });

  test("is one device, however many tabs it has, and another browser can log it out", async () => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/login`);
    await logIn(page, email);
    const context = page.context();
    await page.close();
    const [first, second] = [await context.newPage(), await context.newPage()];
    for (const tab of [first, second]) {
      await tab.goto(`${service.url}/`);
      await panel(tab, "Devices").getByText("This device").waitFor();
      expect(await panel(tab, "Devices").getByRole("listitem").count()).toBe(1);
    }
    const elsewhere = await browser.open(`${service.url}/login`);
    await logIn(elsewhere, email);
    const devices = panel(elsewhere, "Devices");
    await devices.getByRole("listitem").nth(1).waitFor();
    expect(await devices.getByText("This device").count()).toBe(1);
    await devices.getByRole("button", { name: "Log out Chrome, Linux" }).click();
    await devices.getByText("1 device was logged out.").waitFor();
    await first.reload();
    await first.getByRole("alert").getByText("Your session has ended.").waitFor();
    // The first tab has told it.
    await second.getByLabel("Email or username").waitFor();
  });

  test("logs in as another account, which ends the session from before", async () => {
    const [ada, bob] = [await service.person(), await service.person()];
    const page = await browser.open(`${service.url}/login`);
    await logIn(page, ada.email);
    const [another, back] = ["Log in as another account", "Go to your account"].map((name) =>
      page.getByRole("link", { name }),
    );
    await another?.click();
    await back?.click();
    await panel(page, "Profile").getByText(ada.email).waitFor();
    await another?.click();
    await sendLogin(page, bob.email, "wrong password");
    await page.getByRole("alert").getByText("Incorrect email, username or password.").waitFor();
    await sendLogin(page, bob.email);
    await panel(page, "Profile").getByText(bob.email).waitFor();
    await page.reload();
    await panel(page, "Profile").getByText(bob.email).waitFor();
    const elsewhere = await browser.open(`${service.url}/login`);
    await logIn(elsewhere, ada.email);
    await panel(elsewhere, "Devices").getByText("This device").waitFor();
    expect(await panel(elsewhere, "Devices").getByRole("listitem").count()).toBe(1);
  });

  test("offers no way back to an account if nobody is logged in", async () => {
    const page = await browser.open(`${service.url}/login?another`);
    await page.getByLabel("Email or username").waitFor();
    expect(await page.getByRole("link", { name: "Go to your account" }).count()).toBe(0);
  });

  test("stays logged in when the session of a tab has ended by itself", async () => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/login`);
    await page.getByLabel(STAY).check();
    await logIn(page, email);
    // Longer than a refresh token can stay unused.
    service.ahead += 31 * 24 * 60 * 60_000;
    await page.reload();
    await panel(page, "Profile").getByText(email).waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
    service.ahead = 0;
  });
});

describe.runIf(hasBrowser)("with PASSWORD_GRANT=off", () => {
  const service = useService(engine, { ...LOCAL, PASSWORD_GRANT: "off" });
  const browser = useBrowser();

  test("the page registers, logs out and logs in", async () => {
    const page = await browser.open(`${service.url}/register?to=/workbench`);
    await page.getByLabel("Email").fill("ada@example.com");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Create an account" }).click();
    await expectToBe(page, "ada@example.com");
    await page.getByRole("button", { name: "Log out", exact: true }).click();
    await logIn(page, "ada@example.com");
    expect(await browser.complaints()).toEqual([]);
  });
});

describe.runIf(hasBrowser)("at another address than ISSUER", () => {
  const service = useService(engine, { ISSUER: "https://login.example.com" });
  const browser = useBrowser();

  test("the page says that nobody can log in there", async () => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/login`);
    await sendLogin(page, email);
    await page.getByRole("alert").getByText("only at the address").waitFor();
    expect(await page.context().cookies()).toEqual([]);
    expect(await browser.complaints()).toEqual([]);
  });
});
