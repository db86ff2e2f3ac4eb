/** Somebody at the page: what they do there, in the words of the page. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { PASSWORD } from "./service.ts";

/** The panel with that heading. */
export const panel = (page: Page, heading: string) =>
  page.locator("section").filter({ has: page.getByRole("heading", { name: heading, level: 2 }) });

/** Fills in the log-in and sends it. */
export async function sendLogin(page: Page, username: string, password = PASSWORD): Promise<void> {
  const login = panel(page, "Log in");
  await login.getByLabel("Email or username").fill(username);
  await login.getByLabel("Password").fill(password);
  await login.getByRole("button", { name: "Log in" }).click();
}

/** Logs in. */
export async function logIn(page: Page, username: string, password = PASSWORD): Promise<void> {
  await sendLogin(page, username, password);
  await page.getByRole("button", { name: "Log out", exact: true }).waitFor();
}

/** Asks for `me`, and expects it to be the account of that email. */
export async function expectToBe(page: Page, email: string): Promise<void> {
  const me = panel(page, "Me");
  await me.getByRole("button", { name: "Get Me" }).click();
  await me.getByText(`"email": "${email}"`).waitFor();
}

/** The access token that the page shows. */
export const shownToken = async (page: Page): Promise<string> =>
  (await page.locator("code.token").textContent()) ?? "";

/** Expects that no token is where others could find it. */
export async function expectTokensHidden(page: Page): Promise<void> {
  const { href, local, cookie, kept } = await page.evaluate<Record<string, string>>(
    `({ href: location.href, local: JSON.stringify(localStorage), cookie: document.cookie,
        kept: JSON.stringify(sessionStorage) })`,
  );
  expect(new URL(href ?? "").search + new URL(href ?? "").hash).toBe("");
  expect({ local, cookie }).toEqual({ local: "{}", cookie: "" });
  expect(kept).not.toContain(await shownToken(page));
}
