/** Swagger UI sends the token to the operations that read one if there is one. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { hasBrowser, useBrowser } from "../../testing/browser.ts";
import { ENGINES } from "../../testing/engines.ts";
import { sendLogin } from "../../testing/page-actions.ts";
import { freePort } from "../../testing/ports.ts";
import { PASSWORD, Service } from "../../testing/service.ts";
import { comeBack, leaveToLogIn, openDialog } from "../../testing/swagger-ui.ts";

const [engine = expect.unreachable()] = ENGINES;

describe.runIf(hasBrowser).each(["first-party", "off"])(
  "is-logged-in in Swagger UI, with PASSWORD_GRANT=%s",
  (PASSWORD_GRANT) => {
    const service = new Service();
    const browser = useBrowser();
    beforeAll(async () => {
      const port = String(await freePort());
      await service.start(engine, {
        PORT: port,
        ISSUER: `http://127.0.0.1:${port}`,
        PASSWORD_GRANT,
      });
    });
    afterAll(() => service.stop());
    afterEach(async () => {
      expect(await browser.complaints()).toEqual([]);
    });

    test("answers false without a login, and true after one", async () => {
      const { email } = await service.person();
      const page = await browser.open(`${service.url}/docs`);
      const operation = page.locator('.opblock-get:has([data-path="/api/is-logged-in"])');
      await operation.locator(".opblock-summary-control").click();
      const answer = operation.locator(".live-responses-table");
      await operation.getByRole("button", { name: "Execute" }).click();
      await answer.getByText('"isLoggedIn"').waitFor();
      expect(await answer.innerText()).toContain("false");

      await openDialog(page);
      await sendLogin(await leaveToLogIn(page), email, service.secret(PASSWORD));
      await comeBack(page);
      await operation.getByRole("button", { name: "Execute" }).click();
      await expect.poll(() => answer.innerText()).toContain("true");
    });
  },
);
