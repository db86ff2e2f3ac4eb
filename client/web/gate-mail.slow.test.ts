/** The way back into an account, from the page through a real mail server to the link in the mail. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasBrowser, useBrowser } from "../../testing/browser.ts";
import { type MailServer, startMailServer } from "../../testing/mail-server.ts";
import { urlOf, useProcesses } from "../../testing/process.ts";
import { NEW_PASSWORD, PASSWORD, SECRET_KEY } from "../../testing/service.ts";

const EMAIL = "ada@example.com";

describe.runIf(hasBrowser)("a process with a mail server", () => {
  const run = useProcesses();
  const browser = useBrowser();
  let server: MailServer;
  beforeAll(async () => {
    server = await startMailServer();
  });
  afterAll(() => server.stop());

  /** Waits for the next mail. @returns the link in it, as a program that shows mails opens it */
  async function nextLink(): Promise<string> {
    await expect.poll(() => server.mails.length).toBeGreaterThan(0);
    const { html } = server.mails.shift() ?? expect.unreachable();
    const [, href = ""] = String(html).match(/href="([^"]+)"/) ?? [];
    return href.replaceAll("&amp;", "&");
  }

  test("an address is confirmed, and a forgotten password replaced, by the links as they arrive", async () => {
    const service = run({
      PORT: "0",
      MAIL_URL: `smtp://127.0.0.1:${server.port}`,
      MAIL_FROM: "login@example.com",
      EMAIL_VERIFICATION: "ask",
    });
    const url = await urlOf(service);
    const page = await browser.open(`${url}/register`);
    await page.getByLabel("Email").fill(EMAIL);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Create an account" }).click();
    await page.getByText("Log out", { exact: true }).first().waitFor();

    const confirm = await nextLink();
    expect(confirm).toMatch(RegExp(`^${url}/verify\\?token=`));
    await page.goto(confirm);
    await page.getByRole("button", { name: "Confirm" }).click();
    await page.getByRole("status").getByText("Your email address is confirmed.").waitFor();

    const somewhereElse = await browser.open(`${url}/forgot`);
    await somewhereElse.getByLabel("Email").fill(EMAIL);
    await somewhereElse.getByRole("button", { name: "Send a link" }).click();
    await somewhereElse.goto(await nextLink());
    await somewhereElse.getByLabel("Email").fill(EMAIL);
    await somewhereElse.getByLabel("New password").fill(NEW_PASSWORD);
    await somewhereElse.getByRole("button", { name: "Set a new password" }).click();
    await somewhereElse.getByText("Log out", { exact: true }).first().waitFor();
    // The session from before has ended.
    await page.goto(`${url}/`);
    await page.getByRole("button", { name: "Log in", exact: true }).waitFor();
    expect(await browser.complaints()).toEqual([]);
  });

  test("in production without MAIL_URL, the start says so, and the page offers no link", async () => {
    const service = run({
      PORT: "0",
      NODE_ENV: "production",
      ISSUER: "https://login.example.com",
      SECRET_KEY,
    });
    const url = await urlOf(service);
    await service.until(/mail +off: set MAIL_URL/);
    const page = await browser.open(`${url}/login`);
    await page.getByRole("link", { name: "Create an account" }).waitFor();
    expect(await page.getByRole("link", { name: "Forgot your password?" }).count()).toBe(0);
    await page.goto(`${url}/forgot`);
    await page.getByRole("button", { name: "Log in", exact: true }).waitFor();
  });
});
