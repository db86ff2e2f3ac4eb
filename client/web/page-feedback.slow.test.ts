/** How the page reports errors and successes: where the text is, how long it stays, what is announced, where the focus is. */
import type { Page } from "playwright-core";
import { afterEach, describe, expect, test } from "vitest";
import { hasBrowser, useBrowser, violations } from "../../testing/browser.ts";
import { ENGINES } from "../../testing/engines.ts";
import {
  expectToBe,
  fieldErrors,
  focused,
  logIn,
  panel,
  sendLogin,
} from "../../testing/page-actions.ts";
import { PASSWORD, useService } from "../../testing/service.ts";

const UNREACHABLE = "The server cannot be reached.";

/** The texts that a screen reader announces after an action: those of live regions that were there before it. */
async function announced(page: Page, act: () => Promise<void>): Promise<() => Promise<string[]>> {
  const regions = await page.evaluateHandle(() =>
    [...document.querySelectorAll("output, [role=status]")].filter((one) => one.checkVisibility()),
  );
  await act();
  return () =>
    regions.evaluate((all) =>
      all.filter((one) => one.isConnected).map((one) => one.textContent?.trim() ?? ""),
    );
}

describe.runIf(hasBrowser).each(ENGINES.slice(0, 1))("the feedback of the page", (engine) => {
  const service = useService(engine);
  const browser = useBrowser();
  afterEach(async () => {
    expect(await browser.complaints()).toEqual([]);
  });

  test("empty fields are reported like the errors of the server, without a request", async () => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/workbench`);
    const required = "This field is required.";
    const login = panel(page, "Log in");
    await login.getByLabel("Email or username").fill(email);
    await login.getByRole("button").click();
    await login.getByRole("alert").getByText("check the highlighted fields").waitFor();
    expect(await fieldErrors(page)).toEqual([["password", required]]);
    expect(await focused(page)).toBe("Password");
    expect(await violations(page)).toEqual([]);
    await panel(page, "Register").getByRole("button").click();
    await expect
      .poll(() => fieldErrors(page))
      .toEqual(["password", "email", "password"].map((name) => [name, required]));
    expect(await focused(page)).toBe("Email");
    await logIn(page, email);
    for (const [heading, button, names] of [
      ["Change password", "Change password", ["currentPassword", "newPassword"]],
      ["Items", "Add", ["title"]],
    ] as const) {
      await page.reload();
      await panel(page, heading).getByRole("button", { name: button }).click();
      await expect.poll(() => fieldErrors(page)).toEqual(names.map((name) => [name, required]));
    }
    expect(service.logged.join("")).not.toMatch(/"statusCode":4/);
  });

  test("an email in full-width letters is the server's to judge", async () => {
    const page = await browser.open(`${service.url}/workbench`);
    const register = panel(page, "Register");
    await register.getByLabel("Email").fill("ｗｉｄｅ＠ｅｘａｍｐｌｅ．ｃｏｍ");
    await register.getByLabel("Password").fill(PASSWORD);
    await register.getByRole("button").click();
    await expectToBe(page, "wide@example.com");
  });

  test("an error disappears when its field is edited, and at the next attempt", async () => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/workbench`);
    const register = panel(page, "Register");
    await register.getByLabel("Email").fill("x@");
    await register.getByLabel("Username").fill("a@b");
    await register.getByLabel("Password").fill(PASSWORD);
    await register.getByRole("button").click();
    await register.getByRole("alert").waitFor();
    expect((await fieldErrors(page)).map(([name]) => name)).toEqual(["email", "username"]);
    await register.getByLabel("Email").fill("x@example.com");
    await expect.poll(() => register.getByRole("alert").count()).toBe(0);
    expect((await fieldErrors(page)).map(([name]) => name)).toEqual(["username"]);
    await register.getByLabel("Username").fill("");
    await expect.poll(() => fieldErrors(page)).toEqual([]);

    await sendLogin(page, email, "wrong password");
    const alert = panel(page, "Log in").getByRole("alert");
    await alert.waitFor();
    await panel(page, "Log in").getByLabel("Password").fill(PASSWORD);
    await expect.poll(() => alert.count()).toBe(0);
    await sendLogin(page, email, "wrong password");
    await alert.waitFor();
    await page.route("**/token", () => {});
    await panel(page, "Log in").getByRole("button").click();
    await expect.poll(() => alert.count()).toBe(0);
  });

  test("what is shown above the login form disappears at the next attempt", async () => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/workbench`);
    await logIn(page, email);
    await page.context().setOffline(true);
    await page.getByRole("button", { name: "Log out", exact: true }).click();
    await page.getByRole("alert").getByText("the server could not be notified").waitFor();
    await page.context().setOffline(false);
    await sendLogin(page, email, "wrong password");
    const alerts = page.getByRole("alert");
    await alerts.getByText("Incorrect").waitFor();
    expect(await alerts.count()).toBe(1);

    await page.route("**/token", (route) =>
      route.fulfill({ status: 503, json: { error: "temporarily_unavailable" } }),
    );
    const register = panel(page, "Register");
    await register.getByLabel("Email").fill("notyet@example.com");
    await register.getByLabel("Password").fill(PASSWORD);
    await register.getByRole("button").click();
    const login = panel(page, "Log in");
    await login.getByText("notyet@example.com is registered.").waitFor();
    await login.getByRole("alert").getByText("The server is busy.").waitFor();
    expect(await alerts.count()).toBe(1);
    await expect.poll(() => focused(page)).toBe("Log in");
    await page.unroute("**/token");
    await sendLogin(page, "notyet@example.com", "wrong password");
    await alerts.getByText("Incorrect").waitFor();
    expect(await alerts.count()).toBe(1);
    await logIn(page, "notyet@example.com");
  });

  test("the error of an entry is at the entry, and that of a button at the button", async () => {
    const person = await service.person();
    const token = await service.login(person);
    for (const title of ["b", "c", "d", "e", "f"])
      await service.mutate("items.add", { title }, token);
    const page = await browser.open(`${service.url}/workbench`);
    await logIn(page, person.email);
    await page.getByRole("button", { name: "Get Items" }).click();
    await page.getByRole("button", { name: "Remove c" }).waitFor();
    await panel(page, "Sessions").getByRole("listitem").nth(1).waitFor();
    await page.context().setOffline(true);
    for (const name of ["Remove c", "End unknown", "More", "Refresh"]) {
      const button = page.getByRole("button", { name: name.replace("unknown", "node") });
      await button.press("Enter");
      const form = page.locator("form").filter({ has: button });
      await form.getByRole("alert").getByText(UNREACHABLE).waitFor();
      expect(await focused(page)).toBe(name.split(" ")[0]);
    }
    expect(await page.getByRole("alert").count()).toBe(4);
    expect(await violations(page)).toEqual([]);
    await page.context().setOffline(false);
    await page.getByRole("button", { name: "Remove c" }).press("Enter");
    await page.getByText("Removed: c").waitFor();
    await expect.poll(() => page.getByRole("alert").count()).toBe(3);
  });

  test("every success is announced, and the focus is not lost", async () => {
    const other = await service.person();
    const email = "announced@example.com";
    const page = await browser.open(`${service.url}/workbench`);
    const expectAfter = async (act: () => Promise<void>, text: string, focus: string) => {
      const regions = await announced(page, act);
      await expect.poll(regions).toContain(text);
      await expect.poll(() => focused(page)).toBe(focus);
    };
    const press = (name: string | RegExp) => () =>
      page.getByRole("button", { name, exact: true }).first().press("Enter");
    const register = panel(page, "Register");
    await register.getByLabel("Email").fill(email);
    await register.getByLabel("Password").fill(PASSWORD);
    const enter = (field: string) => () => register.getByLabel(field).press("Enter");
    await expectAfter(enter("Password"), "You are logged in.", "Current token");
    await expectAfter(press("Log out"), "You are logged out.", "Log in");
    const login = panel(page, "Log in");
    await login.getByLabel("Email or username").fill(email);
    await login.getByLabel("Password").fill(PASSWORD);
    const submit = () => login.getByLabel("Password").press("Enter");
    await expectAfter(submit, "You are logged in.", "Current token");

    await page.getByLabel("Title").fill("A");
    await expectAfter(() => page.getByLabel("Title").press("Enter"), "Added: A", "Title");
    await press("Get Items")();
    await page.getByRole("button", { name: "Remove A" }).waitFor();
    await expectAfter(press("Remove A"), "Removed: A", "Response");
    const changed = "Your password was changed, and your other sessions were ended.";
    await page.getByLabel("Current password").fill(PASSWORD);
    await page.getByLabel("New password").fill(`${PASSWORD}!`);
    await expectAfter(
      () => page.getByLabel("New password").press("Enter"),
      changed,
      "New password",
    );
    const person = { email, password: `${PASSWORD}!` };
    for (const _ of [1, 2, 3, 4]) await service.login(person);
    await press("Refresh")();
    await panel(page, "Sessions").getByRole("listitem").nth(4).waitFor();
    for (const _ of [1, 2]) {
      await expectAfter(press("End node"), "1 session ended.", "Sessions");
      await page.waitForLoadState("networkidle");
    }
    await expectAfter(press("End all other sessions"), "2 sessions ended.", "Sessions");

    // Ended elsewhere: an alert says so.
    await service.mutate("sessions.revokeOthers", undefined, await service.login(person));
    await press("Get Me")();
    await page.getByRole("alert").getByText("Your session has ended.").waitFor();
    await expect.poll(() => focused(page)).toBe("Log in");
    await logIn(page, other.email);
  });

  test("what was shown stays while a request is pending and after it fails", async () => {
    const person = await service.person();
    await service.login(person);
    const page = await browser.open(`${service.url}/workbench`);
    await logIn(page, person.email);
    await expectToBe(page, person.email);
    const items = panel(page, "Items");
    await items.getByRole("button", { name: "Get Items" }).click();
    await items.getByRole("listitem").waitFor();
    const sessions = panel(page, "Sessions");
    await sessions.getByRole("listitem").nth(1).waitFor();

    const shown = async () => {
      await panel(page, "Me").getByText(`"email": "${person.email}"`).waitFor();
      expect(await items.getByRole("listitem").count()).toBe(1);
    };
    await page.route(/\/trpc\/(me|items|sessions)/, () => {});
    for (const name of ["Get Me", "Get Items"]) await page.getByRole("button", { name }).click();
    await expect.poll(() => page.getByText("Please wait…").count()).toBe(2);
    await shown();
    await page.unroute(/\/trpc\/(me|items|sessions)/);
    await page.reload();
    await expectToBe(page, person.email);
    await page.route(/\/trpc\/(me|items|sessions)/, (route) => route.abort());
    await page.getByRole("button", { name: "Get Me" }).click();
    await panel(page, "Me").getByRole("alert").getByText(UNREACHABLE).waitFor();
    await panel(page, "Me").getByText(`"email": "${person.email}"`).waitFor();

    const form = panel(page, "Change password");
    await form.getByLabel("Current password").fill(person.password);
    await form.getByLabel("New password").fill("another horse battery");
    await form.getByRole("button").click();
    await form.getByText("Your password was changed").waitFor();
    await sessions.getByRole("alert").getByText(UNREACHABLE).waitFor();
    expect(await sessions.getByRole("listitem").count()).toBe(2);
  });

  test("typing goes on while a request is pending", async () => {
    const person = await service.person();
    const token = await service.login(person);
    for (const title of ["b", "c"]) await service.mutate("items.add", { title }, token);
    const page = await browser.open(`${service.url}/workbench`);
    await logIn(page, person.email);
    await page.getByRole("button", { name: "Get Items" }).click();
    await page.getByRole("button", { name: "Remove c" }).waitFor();
    let answer = () => {};
    const held = new Promise<void>((done) => {
      answer = done;
    });
    await page.route(/items\.(add|remove)/, (route) => held.then(() => route.continue()));
    for (const name of ["Remove b", "Remove c"]) await page.getByRole("button", { name }).click();
    await page.getByLabel("Title").fill("first");
    await page.getByLabel("Title").press("Enter");
    await page.getByLabel("Title").fill("second");
    answer();
    await page.getByRole("button", { name: "Remove first" }).waitFor();
    await expect.poll(() => page.getByRole("button", { name: /^Remove [bc]/ }).count()).toBe(0);
    expect(await page.getByLabel("Title").inputValue()).toBe("second");
    expect(await focused(page)).toMatch(/^Title/);
  });
});
