/** The page in Firefox: what its password manager offers to save, and a user who has blocked site data. */
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { type Firefox, hasFirefox, useFirefox } from "../../testing/firefox.ts";
import { LOCAL, NEW_PASSWORD, PASSWORD, useService } from "../../testing/service.ts";

/** Finds the panel with a heading. */
const SECTION = `const section = (heading) => [...document.querySelectorAll("section")]
  .find((one) => one.querySelector("h2")?.textContent === heading);`;

/** Waits for an element: the screens are loaded after the page. */
const shown = (browser: Firefox, selector: string) =>
  expect
    .poll(() => browser.inPage(`return Boolean(document.querySelector("${selector}"))`))
    .toBe(true);

/** Accepts the offer to save a login, and expects what is saved then. */
async function savedIn(browser: Firefox, logins: [string, string, string][]): Promise<void> {
  // The doorhanger has the name. Its button saves it.
  await expect
    .poll(() =>
      browser.inBrowser(`
          const window = Services.wm.getMostRecentWindow("navigator:browser");
          const offer = window.PopupNotifications.getNotification("password");
          offer?.mainAction.callback();
          return Boolean(offer);`),
    )
    .toBe(true);
  const saved = () =>
    browser.inBrowser(
      `return (await Services.logins.getAllLogins()).map((one) => [one.origin, one.username, one.password])`,
    );
  await expect.poll(saved).toEqual(logins);
}

// Firefox takes its time to start.
describe.runIf(hasFirefox).each(ENGINES.slice(0, 1))(
  "the page in Firefox",
  { timeout: 180_000 },
  (engine) => {
    const service = useService(engine, LOCAL);
    const firefox = useFirefox();
    const resetLink = async (email: string) => {
      await service.mutate("register", { email, password: PASSWORD });
      await service.mutate("password.forgot", { email });
      return service.linkTo(email);
    };

    test.each([
      ["/register", ["email", "password", "fullName"]],
      ["/reset", ["email", "newPassword"]],
      ["/login", ["username", "password"]],
    ])("offers to save the email and the password at %s", async (path, fields) => {
      const email = `firefox${path.slice(1)}@example.com`;
      const browser = await firefox({ "signon.rememberSignons": true });
      const token = path === "/reset" ? await resetLink(email) : "";
      if (path === "/login") await service.mutate("register", { email, password: PASSWORD });
      await browser.open(`${service.url}${path}${token && `?token=${token}`}`);
      await shown(browser, "form");
      const password = path === "/reset" ? NEW_PASSWORD : PASSWORD;
      for (const field of fields)
        await browser.type(
          `#${field}`,
          /assword/.test(field) ? service.secret(password) : field === "fullName" ? "Ada" : email,
        );
      await browser.inPage(`document.querySelector("[type=submit]").click()`);
      await expect.poll(() => browser.inPage("return location.pathname")).toBe("/");
      await savedIn(browser, [[service.url, email, password]]);
    });

    test("works while the user blocks site data, until it is reloaded", async () => {
      const { email } = await service.person();
      // All cookies and site data blocked.
      const browser = await firefox({ "network.cookie.cookieBehavior": 2 });
      await browser.open(`${service.url}/workbench`);
      await shown(browser, "h2");
      const blocked = await browser.inPage(
        `try { return String(sessionStorage.length) } catch (error) { return error.name }`,
      );
      expect(blocked).toBe("SecurityError");
      await browser.inPage(
        `${SECTION} section("Log in").querySelectorAll("input").forEach((field, i) => { field.dataset.test = "login" + i; });`,
      );
      await browser.type(`[data-test="login0"]`, email);
      await browser.type(`[data-test="login1"]`, PASSWORD);
      await browser.inPage(`${SECTION} section("Log in").querySelector("[type=submit]").click()`);
      const text = () => browser.inPage("return document.body.innerText");
      await expect.poll(text).toContain("Log out");
      service.ahead += 31 * 60_000;
      await browser.inPage(`${SECTION} section("Me").querySelector("button").click()`);
      await expect.poll(text).toContain(email);
    });
  },
);
