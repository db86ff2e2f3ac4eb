/** The page and the documentation for a user who has blocked all site data in Chromium. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasBrowser } from "../../testing/browser.ts";
import { launchWithProfile } from "../../testing/chromium.ts";
import { ENGINES } from "../../testing/engines.ts";
import { expectToBe, logIn, panel, sendRegistration } from "../../testing/page-actions.ts";
import { freePort } from "../../testing/ports.ts";
import { RedirectApp } from "../../testing/redirect-app.ts";
import { LOCAL, PASSWORD, useService } from "../../testing/service.ts";

const BLOCK = 2;

describe.runIf(hasBrowser).each(ENGINES.slice(0, 1))("with site data blocked", (engine) => {
  const service = useService(engine, LOCAL);
  const profile = mkdtempSync(join(tmpdir(), "tegata-chromium-"));
  let context: BrowserContext;
  beforeAll(async () => {
    const settings = { profile: { default_content_setting_values: { cookies: BLOCK } } };
    mkdirSync(join(profile, "Default"));
    writeFileSync(join(profile, "Default", "Preferences"), JSON.stringify(settings));
    context = await launchWithProfile(profile);
  });
  afterAll(async () => {
    await context?.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  });

  const open = async (path: string) => {
    const page = await context.newPage();
    await page.goto(service.url + path);
    const blocked =
      "(() => { try { return sessionStorage.length } catch ({ name }) { return name } })()";
    expect(await page.evaluate(blocked)).toBe("SecurityError");
    return page;
  };

  test("a request of an application says what it needs", async () => {
    const page = await open("/authorize?client_id=app");
    await page.getByRole("alert").getByText("Please allow cookies for this site").waitFor();
    expect(await page.locator("main :is(input, button)").count()).toBe(0);
    await page.close();
  });

  test("a person registers, refreshes, logs out and logs in again", async () => {
    const page = await open("/register?to=/workbench");
    await sendRegistration(page, { Email: "blocked@example.com" });
    await expectToBe(page, "blocked@example.com");
    service.ahead += 31 * 60_000;
    await expectToBe(page, "blocked@example.com");
    await page.getByRole("button", { name: "Log out", exact: true }).click();
    await logIn(page, "blocked@example.com");
    await page.getByRole("link", { name: "Account" }).click();
    await panel(page, "Devices").getByText("This device").waitFor();
    await page.reload();
    await page.getByLabel("Email or username").waitFor();
    // It would share what the next test logs in to.
    await page.close();
  });

  test("the log-in page works, and its language changes until it is closed", async () => {
    const { email } = await service.person();
    const page = await open("/login");
    for (const _ of ["chosen", "forgotten, and chosen again"]) {
      await page.reload();
      await page.getByRole("button", { name: "Log in" }).waitFor();
      await page.getByRole("button", { name: "日本語" }).click();
    }
    await page.getByLabel("メールアドレスまたはユーザー名").fill(email);
    await page.getByLabel("パスワード").fill(PASSWORD);
    await page.getByRole("button", { name: "ログイン" }).click();
    await page.waitForURL(`${service.url}/`);
  });

  test("an application that logs in by redirects finds nobody logged in", async () => {
    const app = await RedirectApp.start(await freePort(), service.url);
    app.script = "create().resume().then(show, fail);";
    const page = await context.newPage();
    await page.goto(app.url);
    await page.getByText("false").waitFor();
    await page.close();
    await app.stop();
  });

  test("the documentation is shown", async () => {
    const page = await open("/docs");
    await page.getByRole("heading", { name: "Tegata" }).waitFor();
  });
});
