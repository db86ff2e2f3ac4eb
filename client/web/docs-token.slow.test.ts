import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BrowserSession, hasBrowser } from "../../testing/browser.ts";
import { ENGINES } from "../../testing/engines.ts";
import { Service } from "../../testing/service.ts";

const [engine = expect.unreachable()] = ENGINES;

describe.runIf(hasBrowser)("POST /token in Swagger UI", () => {
  const service = new Service();
  const browser = new BrowserSession();
  beforeAll(async () => {
    await service.start(engine, {});
    await browser.start();
  });
  afterAll(async () => {
    await browser.stop();
    await service.stop();
  });
  const openToken = async () => {
    const page = await browser.open(`${service.url}/docs`);
    await page.locator('[data-path="/token"]').first().click();
    return {
      page,
      form: page
        .locator(".opblock-body .parameters-container, .opblock-section-request-body")
        .last(),
    };
  };

  test("has useful example values, and shows the error instead of a dialog of the browser", async () => {
    const { page, form } = await openToken();
    await form.getByRole("textbox").first().waitFor();
    const values = await form
      .locator("tr[data-property-name]")
      .evaluateAll((rows) =>
        rows.map((row) => [
          row.getAttribute("data-property-name"),
          row.querySelector<HTMLInputElement>("input, select, textarea")?.value,
        ]),
      );
    const filled = Object.fromEntries(values);
    expect(filled).toMatchObject({
      grant_type: "password",
      username: "ada@example.com",
      password: "correct horse battery",
    });
    expect(Object.values(filled)).not.toContain("string");
    expect(filled).toMatchObject({ refresh_token: "", client_id: "", client_secret: "" });
    expect(Object.keys(filled).slice(-2)).toEqual(["client_id", "client_secret"]);
    await page.getByRole("button", { name: "Execute" }).click();
    await page.locator(".live-responses-table").getByText('"invalid_grant"').waitFor();
  });

  test("shows the challenge for an incorrect client in the header, without a dialog of the browser", async () => {
    const { page } = await openToken();
    await page.locator(".auth-wrapper").getByRole("button", { name: "Authorize" }).first().click();
    const dialog = page.locator(".dialog-ux");
    // The form for people is on top and has the focus; those for clients come after it.
    const tops = await Promise.all(
      ["#client_id_authorizationCode", "form"].map(async (what) => {
        const box = await dialog.locator(what).first().boundingBox();
        return box?.y ?? 0;
      }),
    );
    expect(tops).toEqual(tops.toSorted((a, b) => a - b));
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute("aria-label")))
      .toBe("Apply given OAuth2 credentials");
    const client = dialog.locator("form");
    await client.locator('[name="username"]').fill("nobody");
    await client.locator('[name="password"]').fill("wrong");
    await client.getByRole("button", { name: "Apply credentials" }).click();
    await client.getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "Execute" }).click();
    const response = page.locator(".live-responses-table");
    await response.getByText('"invalid_client"').waitFor();
    expect((await response.locator("tbody .response-col_status").innerText()).trim()).toMatch(
      /^401/,
    );
  });
});
