import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { hasBrowser, useBrowser } from "../../testing/browser.ts";
import { ENGINES } from "../../testing/engines.ts";
import { freePort } from "../../testing/ports.ts";
import { PASSWORD, Service } from "../../testing/service.ts";

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

  const authorize = async (page: Page, username: string, password: string) => {
    const dialog = page.locator(".dialog-ux");
    if ((await dialog.count()) === 0)
      await page.locator(".auth-wrapper").getByRole("button", { name: "Authorize" }).click();
    const flow = dialog.locator(".auth-container").filter({ hasText: "Token URL" });
    expect(await flow.getByLabel("client_id").inputValue()).toBe("tegata");
    await flow.getByLabel("username").fill(username);
    await flow.getByLabel("password").fill(password);
    await flow.getByText("me", { exact: true }).click();
    await flow.getByRole("button", { name: "Apply given OAuth2 credentials" }).click();
    return flow;
  };
  const execute = async (page: Page): Promise<string> => {
    await page.getByRole("button", { name: "Execute" }).click();
    return (
      await page.locator(".live-responses-table tbody .response-col_status").innerText()
    ).trim();
  };

  test("lets a user log in, send requests, and log out", async () => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/docs`);
    await page.getByRole("heading", { name: "Tegata" }).waitFor();
    const me = page.locator('.opblock-get:has([data-path="/api/users/me"])');
    await me.locator(".opblock-summary-control").click();
    expect(await execute(page)).toMatch(/^401/);

    const flow = await authorize(page, email, "wrong password");
    await flow.locator(".errors").getByText("invalid_grant").waitFor();
    await authorize(page, email, service.secret(PASSWORD));
    await flow.getByRole("button", { name: "Remove authorization" }).waitFor();
    await flow.getByRole("button", { name: "Close", exact: true }).click();
    await expect.poll(() => execute(page)).toMatch(/^200/);
    await page.locator(".live-responses-table").getByText(`"${email}"`).waitFor();

    await page.locator(".auth-wrapper").getByRole("button", { name: "Authorize" }).click();
    await flow.getByRole("button", { name: "Remove authorization" }).click();
    await flow.getByRole("button", { name: "Close", exact: true }).click();
    await expect.poll(() => execute(page)).toMatch(/^401/);
  });

  test("stores nothing and contacts no other server", async () => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/docs`);
    await page.getByRole("heading", { name: "Tegata" }).waitFor();
    const flow = await authorize(page, email, PASSWORD);
    await flow.getByRole("button", { name: "Remove authorization" }).waitFor();
    expect(
      await page.evaluate(() => [localStorage.length, sessionStorage.length, location.hash]),
    ).toEqual([0, 0, ""]);
    await page.reload();
    await page.getByRole("heading", { name: "Tegata" }).waitFor();
    await authorize(page, email, PASSWORD);
  });
});
