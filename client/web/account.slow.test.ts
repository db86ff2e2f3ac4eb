/** What a person does on the account page, and what the page says and shows while it loads, fails and changes. */
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterEach, describe, expect, test } from "vitest";
import { announced } from "../../testing/announced.ts";
import {
  expectNoSidewaysScrolling,
  hasBrowser,
  useBrowser,
  violations,
} from "../../testing/browser.ts";
import { ENGINES } from "../../testing/engines.ts";
import { fieldErrors, focused, logIn, openForm, panel } from "../../testing/page-actions.ts";
import { LOCAL, linksOf, NEW_PASSWORD, PASSWORD, useService } from "../../testing/service.ts";

/** The parts that load by themselves, and something that each then shows for a new account. */
const PARTS = [
  ["Profile", /@example\.com/],
  ["Devices", /This device/],
  ["Apps", /No application/],
  ["Recent events", /Registered/],
] as const;
const LOADS = /\/trpc\/(me|sessions|apps|events)/;

describe.runIf(hasBrowser).each(ENGINES.slice(0, 1))("the account page", (engine) => {
  const service = useService(engine, { ...LOCAL, EMAIL_VERIFICATION: "ask" });
  const browser = useBrowser();
  afterEach(async () => {
    expect(await browser.complaints()).toEqual([]);
  });

  /** Opens the page of a new person. */
  const open = async (viewport = { width: 1440, height: 900 }) => {
    const person = await service.person({ fullName: "Ada Lovelace" });
    const page = await browser.open(`${service.url}/login`, { viewport });
    await logIn(page, person.email);
    await panel(page, "Devices").getByText("This device").waitFor();
    return { person, page };
  };

  test("loads its parts in one request, and what is above the last list does not move", async () => {
    const { page } = await open();
    const answers: string[] = [];
    let release = () => {};
    const held = new Promise<void>((done) => {
      release = done;
    });
    await page.route(LOADS, async (route) => {
      answers.push(route.request().url());
      await held;
      await route.continue();
    });
    await page.reload();
    const waiting = page.getByRole("status").getByText("Please wait…");
    await expect.poll(() => waiting.count()).toBe(PARTS.length);
    expect(await violations(page)).toEqual([]);
    const tops = () =>
      page.evaluate(() =>
        [...document.querySelectorAll("h2")]
          .slice(0, 5)
          .map((one) => [one.textContent, Math.round(one.getBoundingClientRect().top)]),
      );
    const before = await tops();
    release();
    for (const [heading, text] of PARTS)
      await panel(page, heading).getByText(text).first().waitFor();
    expect(await tops()).toEqual(before);
    expect(answers).toHaveLength(1);
  });

  test.each(PARTS)("%s: a failed load can be tried again in place", async (heading, text) => {
    const { page } = await open();
    await page.route(LOADS, (route) => route.abort());
    await page.reload();
    const part = panel(page, heading);
    const retry = part.getByRole("button", { name: "Try again" });
    await part.getByRole("alert").getByText("The server cannot be reached.").waitFor();
    expect(await page.getByRole("alert").count()).toBe(PARTS.length);
    expect(await violations(page)).toEqual([]);
    await retry.press("Enter");
    await part.getByRole("alert").waitFor();
    expect(await focused(page)).toBe("Try again");
    await page.unroute(LOADS);
    await retry.press("Enter");
    await part.getByText(text).first().waitFor();
    await expect.poll(() => focused(page)).toBe(heading);
    expect(await page.getByRole("alert").count()).toBe(PARTS.length - 1);
  });

  test("what was shown stays when it cannot be loaded again", async () => {
    const { person, page } = await open();
    await service.login(person);
    await page.reload();
    const devices = panel(page, "Devices");
    await devices.getByRole("listitem").nth(1).waitFor();
    await page.route(LOADS, (route) => route.abort());
    const part = await openForm(page, "Password", "Change password");
    await part.getByLabel("Current password").fill(PASSWORD);
    await part.getByLabel("New password").fill(NEW_PASSWORD);
    await part.getByRole("button", { name: "Change password" }).click();
    await part.getByText("Your password was changed.").waitFor();
    await devices.getByRole("alert").getByText("The server cannot be reached.").waitFor();
    expect(await devices.getByRole("listitem").count()).toBe(2);
    await panel(page, "Profile").getByText("Ada Lovelace").waitFor();
  });

  test("loads again when the user comes back to it", async () => {
    const { person, page } = await open();
    const link = await service.linkTo(person.email);
    const token = await service.login(person);
    expect(await service.mutate("email.verify", { token: link }, token)).toMatchObject({
      status: 200,
    });
    await panel(page, "Profile").getByText("Not confirmed").waitFor();
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await panel(page, "Profile").getByText("Confirmed", { exact: true }).waitFor();
    await panel(page, "Devices").getByText("node").waitFor();
    expect(await page.getByRole("button", { name: "Send a confirmation link" }).count()).toBe(0);
  });

  test("successes are announced, and the focus is kept", async () => {
    const { person, page } = await open();
    const expectAfter = async (act: () => Promise<void>, text: string, focus: string) => {
      const regions = await announced(page, act);
      await expect.poll(regions).toContain(text);
      await expect.poll(() => focused(page)).toBe(focus);
    };
    const press = (name: string) => () =>
      page.getByRole("button", { name, exact: true }).first().press("Enter");

    const sent = `We sent a link to ${person.email}. Open it to confirm the address.`;
    await expectAfter(press("Send a confirmation link"), sent, "Send a confirmation link");
    await openForm(page, "Profile", "Change email");
    await expect.poll(() => focused(page)).toBe("New email");
    await page.getByLabel("New email").fill("ada@example.org");
    await page.getByLabel("Current password").fill(PASSWORD);
    await expectAfter(
      () => page.getByLabel("Current password").press("Enter"),
      "We sent a link to ada@example.org. Until you open it, your email stays as it is.",
      "Change email",
    );
    expect(linksOf(await service.mailTo("ada@example.org"))[0]?.page).toBe("change-email");

    await openForm(page, "Password", "Change password");
    await expect.poll(() => focused(page)).toBe("Current password");
    await page.getByLabel("Current password").fill(PASSWORD);
    await page.getByLabel("New password").fill(NEW_PASSWORD);
    await expectAfter(
      () => page.getByLabel("New password").press("Enter"),
      "Your password was changed. You are logged out on all other devices.",
      "Change password",
    );
    for (const _ of [1, 2, 3, 4]) await service.login({ ...person, password: NEW_PASSWORD });
    await page.reload();
    await panel(page, "Devices").getByRole("listitem").nth(4).waitFor();
    for (const _ of [1, 2]) {
      await expectAfter(press("Log out node"), "1 device was logged out.", "Devices");
      await page.waitForLoadState("networkidle");
    }
    await expectAfter(press("Log out all other devices"), "2 devices were logged out.", "Devices");
    await expectAfter(
      press("Download your data"),
      "Your data was downloaded.",
      "Download your data",
    );
    await page.getByRole("button", { name: "Log out", exact: true }).press("Enter");
    await expect.poll(() => focused(page)).toBe("Log in");
  });

  test.each<[heading: string, button: string, fields: Record<string, string>, errors: string[][]]>([
    [
      "Password",
      "Change password",
      { "Current password": "wrong password", "New password": NEW_PASSWORD },
      [["currentPassword", "Incorrect."]],
    ],
    [
      "Password",
      "Change password",
      { "Current password": PASSWORD, "New password": "short" },
      [["newPassword", "Must be at least 8 characters long."]],
    ],
    [
      "Profile",
      "Change email",
      { "New email": "x@", "Current password": PASSWORD },
      [["newEmail", "The domain after the @ is invalid."]],
    ],
    [
      "Profile",
      "Change email",
      { "New email": "x@example.com", "Current password": "wrong password" },
      [["password", "Incorrect."]],
    ],
    [
      "Delete account",
      "Delete account",
      { "Current password": "wrong password", "I understand": "yes" },
      [["password", "Incorrect."]],
    ],
  ])(
    "%s: a refusal is at its field, which has the focus (%#)",
    async (heading, button, fields, errors) => {
      const { page } = await open();
      const part = await openForm(page, heading, button);
      for (const [label, text] of Object.entries(fields))
        if (text === "yes") await part.getByLabel(label).check();
        else await part.getByLabel(label).fill(text);
      await part.locator("form button[type=submit]").last().click();
      await part.getByRole("alert").waitFor();
      await expect.poll(() => fieldErrors(page)).toEqual(errors);
      expect(await page.evaluate<string>("document.activeElement.name")).toBe(errors[0]?.[0]);
      expect(await violations(page)).toEqual([]);
    },
  );

  test("what was typed into a form is gone when it is opened again", async () => {
    const { page } = await open();
    const part = await openForm(page, "Password", "Change password");
    await part.getByLabel("Current password").fill("half of a pass");
    const summary = part.locator("summary");
    await summary.click();
    await expect.poll(() => part.getByLabel("Current password").count()).toBe(0);
    await summary.click();
    expect(await part.getByLabel("Current password").inputValue()).toBe("");
  });

  test("downloads what the service stores", async () => {
    const { person, page } = await open();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download your data" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("account.json");
    const file = join(mkdtempSync(join(tmpdir(), "tegata-download-")), "account.json");
    await download.saveAs(file);
    const text = readFileSync(file, "utf8");
    expect(JSON.parse(text)).toMatchObject({ account: { email: person.email } });
    expect(text).not.toContain(PASSWORD);
  });

  test("deletes the account after the password and a confirmation, in every tab", async () => {
    const { person, page } = await open();
    const token = await service.login(person);
    // The log-in page then asks whether the browser is logged in, which finds no tokens.
    await page.reload();
    await panel(page, "Devices").getByText("This device").waitFor();
    const second = await page.context().newPage();
    await second.goto(service.url);
    await panel(second, "Devices").getByText("This device").waitFor();
    const part = await openForm(page, "Delete account", "Delete account");
    await part.getByText("Your profile, your password and your items are deleted.").waitFor();
    await part.getByLabel("Current password").fill(PASSWORD);
    await part.getByLabel("I understand").check();
    await part.getByRole("button", { name: "Delete my account for good" }).press("Enter");
    await page.getByRole("alert").getByText("Your account was deleted.").waitFor();
    expect(new URL(page.url()).pathname).toBe("/login");
    await expect.poll(() => focused(page)).toBe("Log in");
    expect(await violations(page)).toEqual([]);
    await second.waitForURL(/\/login$/);
    expect(await page.evaluate("sessionStorage.length")).toBe(0);
    expect(await service.query("me", token)).toMatchObject({ status: 401 });
  });

  test("works with the keyboard alone", async () => {
    const { page } = await open();
    const order: (string | undefined)[] = [];
    await page.evaluate("document.querySelector('h1').focus()");
    for (const _ of Array(8)) {
      await page.keyboard.press("Tab");
      order.push(await focused(page));
    }
    expect(order).toEqual([
      "Log out",
      "Log in as another account",
      "Send a confirmation link",
      "Change email",
      "Change password",
      "Download your data",
      "Delete account",
      "日本語",
    ]);
  });

  test.each([
    ["en-US", ["light", "dark", "light"]],
    ["ja-JP", ["dark", "light", "dark"]],
  ] as const)("%s: is accessible in every state and look", async (locale, colorSchemes) => {
    const person = await service.person({
      fullName: "山田太郎".repeat(50),
      username: locale.padEnd(200, "u"),
    });
    const page = await browser.open(`${service.url}/login`, { locale });
    const form = { username: person.email, password: PASSWORD };
    for (const agent of ["X".repeat(255), "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"])
      service.issued(await service.token(form, { "user-agent": agent }));
    await page.locator("[name=username]").fill(person.email);
    await page.locator("[name=password]").fill(PASSWORD);
    await page.locator("button[type=submit]").click();
    await page.locator(".list li").nth(5).waitFor();
    await expectToBeFine(page, colorSchemes);
    for (const summary of await page.locator("summary").all()) await summary.click();
    await page.locator("[name=understood]").waitFor();
    await expectToBeFine(page, colorSchemes);
    for (const button of await page.locator("form:has(input) button[type=submit]").all())
      await button.click();
    await expect.poll(() => page.getByRole("alert").count()).toBe(3);
    await expectToBeFine(page, colorSchemes);
  });
});

/** Expects it at every width, with the color scheme at the same place. */
async function expectToBeFine(
  page: Page,
  colorSchemes: readonly ("light" | "dark")[],
): Promise<void> {
  for (const [i, width] of [390, 768, 1440].entries()) {
    const colorScheme = colorSchemes[i] ?? "light";
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    expect(await violations(page), `${width}, ${colorScheme}`).toEqual([]);
    await expectNoSidewaysScrolling(page);
  }
}
