/** The pages that mails link to: nothing happens before a click, and each dead end has a next step. */
import type { Page, Request } from "playwright-core";
import { afterEach, describe, expect, test } from "vitest";
import { hasBrowser, useBrowser } from "../../testing/browser.ts";
import { ENGINES } from "../../testing/engines.ts";
import { focused } from "../../testing/page-actions.ts";
import { LOCAL, PASSWORD, type Service, useService } from "../../testing/service.ts";

const logIn = async (page: Page, email: string, button: string, password = PASSWORD) => {
  await page.getByLabel("Email or username").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: button }).click();
};
const says = (page: Page, role: "status" | "alert", text: string) =>
  page.getByRole(role).getByText(text).waitFor();
const press = (page: Page, name: string) =>
  page.locator("main").getByRole("button", { name }).click();

describe.runIf(hasBrowser).each(ENGINES.slice(0, 1))("a link in a mail", (engine) => {
  const service = useService(engine, { ...LOCAL, EMAIL_VERIFICATION: "ask" });
  const strict = useService(engine, { ...LOCAL, EMAIL_VERIFICATION: "required" });
  const browser = useBrowser();
  afterEach(async () => {
    expect(await browser.complaints()).toEqual([]);
  });

  /** A new user with the link that proves the address. */
  const newcomer = async (of: Service = service) => {
    const person = await of.person();
    return { ...person, link: await of.linkTo(person.email) };
  };
  /** A user with a link that changes the address. */
  const mover = async () => {
    const { email, password, link } = await newcomer();
    const newEmail = `new.${email}`;
    const token = await service.login({ email, password });
    await service.mutate("email.verify", { token: link }, token);
    await service.mutate("email.change", { newEmail, password }, token);
    return { email, newEmail, link: await service.linkTo(newEmail) };
  };

  /** A new user with a link that has lost its token. */
  const person = async () => ({ ...(await service.person()), link: "" });

  test.each(["verify", "reset", "change-email", "take-back"])(
    "to /%s does nothing when it is opened, and leaves its token nowhere",
    async (path) => {
      const token = "a-secret-ticket";
      const page = await browser.open(`${service.url}/login`);
      const requests: Request[] = [];
      page.on("request", (request) => requests.push(request));
      await page.goto(`${service.url}/${path}?token=${service.secret(token)}`);
      await page.locator("h1").waitFor();
      await page.waitForLoadState("networkidle");
      expect(page.url()).toBe(`${service.url}/${path}`);
      const posts = requests.filter((request) => request.method() === "POST");
      // Whether the browser is logged in.
      const asked = new Set(posts.map((request) => new URL(request.url()).pathname));
      expect([...asked]).toEqual(["/trpc/login.show"]);
      const others = requests.filter((request) => !request.isNavigationRequest());
      expect(others.length).toBeGreaterThan(2);
      for (const request of others)
        expect(`${request.url()} ${JSON.stringify(request.headers())}`).not.toContain(token);
      const kept = `JSON.stringify([history.state, {...sessionStorage}, {...localStorage}, document.referrer])`;
      expect(await page.evaluate(kept)).not.toContain(token);
    },
  );

  test("proves the address of whoever is logged in, and a second click says so again", async () => {
    const { email, link } = await newcomer();
    const page = await browser.open(`${service.url}/login`);
    await logIn(page, email, "Log in");
    await page.waitForURL(`${service.url}/`);
    for (const _ of [1, 2]) {
      await page.goto(`${service.url}/verify?token=${link}`);
      await press(page, "Confirm email address");
      await says(page, "status", "Your email address is confirmed.");
      expect(await page.evaluate("document.activeElement.getAttribute('role')")).toBe("status");
    }
  });

  test.each([
    ["verify", "Confirm email address", newcomer, "email.verify"],
    ["verify", "Send a new link", person, "email.sendVerification"],
    ["change-email", "Use this address", mover, "email.confirmChange"],
  ])(
    "to /%s restores the session of its tab before '%s'",
    async (path, button, owner, procedure) => {
      const { email, link } = await owner();
      const page = await browser.open(`${service.url}/login`);
      await logIn(page, email, "Log in");
      await page.waitForURL(`${service.url}/`);
      await page.waitForLoadState("networkidle");
      await page.goto(`${service.url}/${path}?token=${link}`);
      const answers: string[] = [];
      page.on("response", (response) => {
        if (response.request().method() !== "POST") return;
        answers.push(`${new URL(response.url()).pathname} ${response.status()}`);
      });
      const succeeded = page.waitForResponse(
        (response) => response.url().includes(`/trpc/${procedure}?`) && response.ok(),
      );
      await press(page, button);
      await succeeded;
      expect(answers).toEqual(["/token 200", `/trpc/${procedure} 200`]);
    },
  );

  test.each<[path: string, person: () => Promise<{ email: string; link: string }>, done: string]>([
    ["verify", newcomer, "Your email address is confirmed."],
    ["change-email", mover, "Your email address is now"],
  ])(
    "to /%s of another account says so, and works after logging out",
    async (path, owner, done) => {
      const other = await service.person();
      const { email, link } = await owner();
      const page = await browser.open(`${service.url}/${path}?token=${link}`);
      await logIn(page, other.email, "Log in and confirm");
      await says(page, "alert", "belongs to another account");
      await press(page, "Log out");
      await logIn(page, email, "Log in and confirm");
      await says(page, "status", done);
    },
  );

  test("that has expired can be replaced by a new one", async () => {
    const { email, link } = await newcomer();
    const page = await browser.open(`${service.url}/verify?token=${link}x`);
    await logIn(page, email, "Log in and confirm");
    await says(page, "alert", "was used already, has expired or is incomplete");
    await press(page, "Send a new link");
    await says(page, "status", "We have sent a new link");
    await page.goto(`${service.url}/verify?token=${await service.linkTo(email)}`);
    await press(page, "Confirm email address");
    await says(page, "status", "Your email address is confirmed.");
  });

  test("proves an address that nobody can log in with before", async () => {
    const { email, link } = await newcomer(strict);
    const page = await browser.open(`${strict.url}/login`);
    await logIn(page, email, "Log in");
    await says(page, "alert", "Please confirm your email address first");
    await page.goto(`${strict.url}/verify?token=${link}`);
    await logIn(page, email, "Log in and confirm", "wrong password");
    await says(page, "alert", "Incorrect email, username or password.");
    await logIn(page, email, "Log in and confirm");
    await says(page, "status", "Your email address is confirmed.");
    await page.getByRole("link", { name: "Continue" }).click();
    await page.waitForURL(`${strict.url}/`);
  });

  test("after registering, who must prove the address is told so", async () => {
    const page = await browser.open(`${strict.url}/register`);
    await page.getByLabel("Email").fill("strict@example.com");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Create an account" }).click();
    await says(page, "status", "strict@example.com is registered.");
    await says(page, "status", "Please confirm your email address first");
    expect(await page.getByLabel("Email or username").inputValue()).toBe("strict@example.com");
  });

  test("changes the address, and the old one takes it back", async () => {
    const { email, newEmail, link } = await mover();
    const page = await browser.open(`${service.url}/change-email?token=${link}`);
    await page.getByLabel("Email or username").fill(email);
    await page.getByLabel("Password").fill(PASSWORD);
    await press(page, "Log in and confirm");
    await says(page, "status", `Your email address is now ${newEmail}.`);
    await page.goto(`${service.url}/change-email?token=${link}`);
    await press(page, "Use this address");
    await says(page, "alert", "was used already");
    await expect.poll(() => focused(page)).toBe("Go to your account");

    await page.goto(`${service.url}/take-back?token=${await service.linkTo(email)}`);
    await press(page, "Take the account back");
    await says(page, "status", `Your email address is ${email} again`);
    await page.getByRole("link", { name: "Set a new password" }).click();
    expect(await page.getByLabel("Email").inputValue()).toBe(email);
    await press(page, "Send a link");
    await page.goto(`${service.url}/reset?token=${await service.linkTo(email)}`);
    await page.getByLabel("Email").fill(email);
    await page.getByLabel("New password").fill(service.secret("another horse battery"));
    await press(page, "Set a new password");
    await page.waitForURL(`${service.url}/`);
  });

  test("sets a password and logs in with it, in one step", async () => {
    const { email } = await newcomer();
    await service.mutate("password.forgot", { email });
    const page = await browser.open(`${service.url}/reset?token=${await service.linkTo(email)}`);
    let release = () => {};
    const held = new Promise<void>((done) => {
      release = done;
    });
    await page.route("**/trpc/login.password?**", (route) => held.then(() => route.continue()));
    await page.getByLabel("Email").fill(email);
    await page.getByLabel("New password").fill(service.secret("another horse battery"));
    const asked = page.waitForRequest("**/trpc/login.password?**");
    await press(page, "Set a new password");
    await asked;
    const button = page.getByRole("button", { name: "Set a new password" });
    expect(await button.getAttribute("aria-disabled")).toBe("true");
    release();
    await page.waitForURL(`${service.url}/`);
    await page.getByRole("button", { name: "Log out", exact: true }).click();
    await page.getByLabel("Email or username").waitFor();
    expect(await page.getByText("Your password was changed.").count()).toBe(0);
  });

  test("sets a password for whoever has typed another address, too", async () => {
    const { email } = await newcomer();
    await service.mutate("password.forgot", { email });
    const link = await service.linkTo(email);
    const page = await browser.open(`${service.url}/reset?token=${link}`);
    await page.getByLabel("Email").fill("another@example.com");
    await page.getByLabel("New password").fill(service.secret("another horse battery"));
    await press(page, "Set a new password");
    await says(page, "status", "Your password was changed.");
    expect(await page.getByLabel("Email or username").inputValue()).toBe("another@example.com");
    await page.goto(`${service.url}/reset?token=${link}`);
    await page.getByLabel("Email").fill(email);
    await page.getByLabel("New password").fill(service.secret("another horse battery 2"));
    await press(page, "Set a new password");
    await says(page, "alert", "was used already");
    await page.getByRole("link", { name: "Send a new link" }).click();
    await page.waitForURL(`${service.url}/forgot`);
  });
});
