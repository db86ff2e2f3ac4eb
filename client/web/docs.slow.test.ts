import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { hasBrowser, useBrowser } from "../../testing/browser.ts";
import { ENGINES } from "../../testing/engines.ts";
import { sendLogin } from "../../testing/page-actions.ts";
import { freePort } from "../../testing/ports.ts";
import { PASSWORD, Service } from "../../testing/service.ts";
import { comeBack, leaveToLogIn, loginIn, openDialog } from "../../testing/swagger-ui.ts";

const REFUSED = { error: "invalid_grant", error_description: "refused by the test" };

describe.runIf(hasBrowser).each(ENGINES.slice(0, 1))("Swagger UI", (engine) => {
  const service = new Service();
  const browser = useBrowser();
  // Swagger UI sends its requests to the issuer.
  beforeAll(async () => {
    const port = String(await freePort());
    await service.start(engine, { PORT: port, ISSUER: `http://127.0.0.1:${port}` });
  });
  afterAll(() => service.stop());
  afterEach(async () => {
    expect(await browser.complaints()).toEqual([]);
  });

  const execute = async (page: Page): Promise<string> => {
    await page.getByRole("button", { name: "Execute" }).click();
    return (
      await page.locator(".live-responses-table tbody .response-col_status").innerText()
    ).trim();
  };

  test("lets a user log in on the page of the server, send requests, and log out", async () => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/docs`);
    await page.getByRole("heading", { name: "Tegata" }).waitFor();
    const me = page.locator('.opblock-get:has([data-path="/api/users/me"])');
    await me.locator(".opblock-summary-control").click();
    expect(await execute(page)).toMatch(/^401/);

    await openDialog(page);
    await loginIn(page).getByText("me", { exact: true }).click();
    const window = await leaveToLogIn(page);
    await sendLogin(window, email, "wrong password");
    await window.getByRole("alert").waitFor();
    const closed = window.waitForEvent("close");
    await sendLogin(window, email, service.secret(PASSWORD));
    await closed;
    await comeBack(page);
    await expect.poll(() => execute(page)).toMatch(/^200/);
    await page.locator(".live-responses-table").getByText(`"${email}"`).waitFor();

    await openDialog(page);
    await loginIn(page).getByRole("button", { name: "Remove authorization" }).click();
    await loginIn(page).getByRole("button", { name: "Close", exact: true }).click();
    await expect.poll(() => execute(page)).toMatch(/^401/);
  });

  test("shows why a login has failed", async () => {
    const page = await browser.open(`${service.url}/docs`);
    await openDialog(page);
    // As for a code that has expired meanwhile.
    await page.route("**/token", (route) => route.fulfill({ status: 400, json: REFUSED }));
    const window = await leaveToLogIn(page);
    const { email } = await service.person();
    await sendLogin(window, email, PASSWORD);
    await loginIn(page).locator(".errors").getByText("invalid_grant").waitFor();
  });

  test("stores nothing, contacts no other server, and needs no password if the browser is logged in", async () => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/docs`);
    await openDialog(page);
    await sendLogin(await leaveToLogIn(page), email, PASSWORD);
    await comeBack(page);
    expect(
      await page.evaluate(() => [localStorage.length, sessionStorage.length, location.hash]),
    ).toEqual([0, 0, ""]);
    await page.reload();
    await openDialog(page);
    await leaveToLogIn(page);
    await comeBack(page);
  });
});
