/** The log-in page and the pages that mails link to: what people do there, once each. */
import { afterEach, describe, expect, test } from "vitest";
import { hasBrowser, useBrowser } from "../../testing/browser.ts";
import { ENGINES } from "../../testing/engines.ts";
import { fieldErrors, focused } from "../../testing/page-actions.ts";
import { LOCAL, NEW_PASSWORD, PASSWORD, useService } from "../../testing/service.ts";

describe.runIf(hasBrowser).each(ENGINES.slice(0, 1))("the log-in page", (engine) => {
  const service = useService(engine, { ...LOCAL, EMAIL_VERIFICATION: "ask" });
  const browser = useBrowser();
  afterEach(async () => {
    expect(await browser.complaints()).toEqual([]);
  });
  const title = (page: { title(): Promise<string> }) => expect.poll(() => page.title());

  test("a visitor logs in and arrives at the page they asked for", async () => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/`);
    await title(page).toBe("Log in · Tegata");
    expect(new URL(page.url()).pathname).toBe("/login");
    await page.getByRole("button", { name: "Log in" }).click();
    expect(await fieldErrors(page)).toEqual([
      ["username", "This field is required."],
      ["password", "This field is required."],
    ]);
    expect(await focused(page)).toBe("Email or username");
    await page.getByLabel("Email or username").fill(email);
    await page.getByLabel("Password").fill("wrong password");
    await page.getByLabel("Password").press("Enter");
    await page.getByRole("alert").getByText("Incorrect email, username or password.").waitFor();
    await page.getByLabel("Password").fill(PASSWORD);
    expect(await page.getByRole("alert").count()).toBe(0);
    await page.getByLabel("Password").press("Enter");
    await title(page).toBe("Account · Tegata");
    expect(new URL(page.url()).pathname).toBe("/");
    await expect.poll(() => focused(page)).toBe("Account");
  });

  test("somebody registers, and sees the rules for the password before any error", async () => {
    const page = await browser.open(`${service.url}/login`);
    await page.getByRole("link", { name: "Create an account" }).click();
    await title(page).toBe("Create an account · Tegata");
    expect(await focused(page)).toBe("Create an account");
    const met = () => page.locator(".rules .met").allTextContents();
    await page.getByText("At least 8 characters").waitFor();
    await page.getByLabel("Email").fill("kobayashi@example.com");
    await page.getByLabel("Password").fill("kobayashi1");
    expect(await met()).toEqual(["At least 8 characters (met)"]);
    await page.getByRole("button", { name: "Create an account" }).click();
    await page.getByText("that are not in your email").waitFor();
    await expect.poll(() => focused(page)).toBe("Password");
    await page.getByLabel("Password").fill(service.secret(PASSWORD));
    expect((await met()).length).toBe(2);
    await page.getByRole("button", { name: "Create an account" }).click();
    await title(page).toBe("Account · Tegata");
  });

  test("a forgotten password is replaced, with the same answer for every address", async () => {
    const { email } = await service.person();
    await service.mailTo(email);
    const page = await browser.open(`${service.url}/login`);
    await page.getByLabel("Email or username").fill("nobody@example.com");
    await page.getByRole("link", { name: "Forgot your password?" }).click();
    const answers = [];
    for (const address of ["nobody@example.com", email]) {
      await page.getByLabel("Email").fill(address);
      await page.getByRole("button", { name: "Send a link" }).click();
      const done = page.getByRole("status").getByText(address);
      await done.waitFor();
      answers.push((await page.locator("main").innerText()).replaceAll(address, "…"));
      expect(await page.evaluate(() => document.activeElement?.getAttribute("role"))).toBe(
        "status",
      );
      await page.getByRole("button", { name: "Send another link" }).click();
    }
    expect(answers[0]).toBe(answers[1]);

    // Mails have the language of the page, which need not be that of the browser.
    await page.getByRole("button", { name: "日本語" }).click();
    await page.getByLabel("メールアドレス").fill(email);
    await page.getByRole("button", { name: "リンクを送信" }).click();
    await expect
      .poll(() => service.mails.findLast(({ to }) => to === email)?.subject)
      .toContain("【Tegata】");
    await page.getByRole("button", { name: "English" }).click();

    await page.goto(`${service.url}/reset?token=${await service.linkTo(email)}`);
    await expect.poll(() => new URL(page.url()).search).toBe("");
    await page.getByLabel("Email").fill(email);
    await page.getByLabel("New password").fill("password");
    await page.getByRole("button", { name: "Set a new password" }).click();
    await page.getByText("Must not be a common password").waitFor();
    await page.getByLabel("New password").fill(service.secret(NEW_PASSWORD));
    await page.getByRole("button", { name: "Set a new password" }).click();
    await title(page).toBe("Account · Tegata");
    await service.login({ email, password: NEW_PASSWORD });
  });

  test("an address is confirmed by one click, which also logs in", async () => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/verify?token=${await service.linkTo(email)}`);
    await page.getByLabel("Email or username").fill(email);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Log in and confirm" }).click();
    await page.getByRole("status").getByText("Your email address is confirmed.").waitFor();
    await page.getByRole("link", { name: "Continue" }).click();
    await title(page).toBe("Account · Tegata");
  });
});
