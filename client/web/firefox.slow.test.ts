/** The page in Firefox: what its password manager offers to save, and a user who has blocked site data. */
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { hasFirefox, useFirefox } from "../../testing/firefox.ts";
import { PASSWORD, useService } from "../../testing/service.ts";

/** Finds the panel with a heading. */
const SECTION = `const section = (heading) => [...document.querySelectorAll("section")]
  .find((one) => one.querySelector("h2")?.textContent === heading);`;

// Firefox takes its time to start.
describe.runIf(hasFirefox).each(ENGINES.slice(0, 1))(
  "the page in Firefox",
  { timeout: 180_000 },
  (engine) => {
    const service = useService(engine);
    const firefox = useFirefox();

    test("offers to save the email and the password after registering", async () => {
      const email = "firefox@example.com";
      const browser = await firefox({ "signon.rememberSignons": true });
      await browser.open(`${service.url}/workbench`);
      const labels = ["Email", "Password", "Username", "Full name"];
      await browser.inPage(
        `${SECTION} const fields = section("Register").querySelectorAll("input");
       args[0].forEach((label, i) => { fields[i].dataset.test = label; });`,
        [labels],
      );
      const texts = [email, service.secret(PASSWORD), "ada", "Ada Lovelace"];
      for (const [i, label] of labels.entries())
        await browser.type(`[data-test="${label}"]`, texts[i] ?? "");
      await browser.inPage(`${SECTION} section("Register").querySelector("[type=submit]").click()`);
      await expect
        .poll(() => browser.inPage("return document.body.innerText"), { timeout: 20_000 })
        .toContain("Log out");

      // The doorhanger has the name. Its button saves it.
      await expect
        .poll(
          () =>
            browser.inBrowser(`
            const window = Services.wm.getMostRecentWindow("navigator:browser");
            const offer = window.PopupNotifications.getNotification("password");
            offer?.mainAction.callback();
            return Boolean(offer);`),
          { timeout: 20_000 },
        )
        .toBe(true);
      const saved = () =>
        browser.inBrowser(
          `return (await Services.logins.getAllLogins()).map((one) => [one.origin, one.username, one.password])`,
        );
      await expect.poll(saved, { timeout: 20_000 }).toEqual([[service.url, email, PASSWORD]]);
    });

    test("works while the user blocks site data, until it is reloaded", async () => {
      const { email } = await service.person();
      // All cookies and site data blocked.
      const browser = await firefox({ "network.cookie.cookieBehavior": 2 });
      await browser.open(`${service.url}/workbench`);
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
      await expect.poll(text, { timeout: 20_000 }).toContain("Log out");
      service.ahead += 31 * 60_000;
      await browser.inPage(`${SECTION} section("Me").querySelector("button").click()`);
      await expect.poll(text, { timeout: 20_000 }).toContain(email);
    });
  },
);
