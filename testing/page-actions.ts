/** What a user does on the page, in terms of the texts that the page shows. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { PASSWORD } from "./service.ts";

/** Locates the panel with a heading. */
export const panel = (page: Page, heading: string) =>
  page.locator("section").filter({ has: page.getByRole("heading", { name: heading, level: 2 }) });

/** Submits the login form. */
export async function sendLogin(page: Page, username: string, password = PASSWORD): Promise<void> {
  const login = panel(page, "Log in");
  await login.getByLabel("Email or username").fill(username);
  await login.getByLabel("Password").fill(password);
  await login.getByRole("button", { name: "Log in" }).click();
}

/** Logs in and waits until the page shows it. */
export async function logIn(page: Page, username: string, password = PASSWORD): Promise<void> {
  await sendLogin(page, username, password);
  await page.getByRole("button", { name: "Log out", exact: true }).waitFor();
}

/** Calls `me` and waits for the account with that email. */
export async function expectToBe(page: Page, email: string): Promise<void> {
  const me = panel(page, "Me");
  await me.getByRole("button", { name: "Get Me" }).click();
  await me.getByText(`"email": "${email}"`).waitFor();
}

/** The label or the text of the focused element. */
export const focused = (page: Page): Promise<string | undefined> =>
  page.evaluate<string | undefined>(
    `(document.activeElement?.labels?.[0] ?? document.activeElement)?.textContent?.trim()`,
  );

/** The names of the fields that are marked as invalid, with the errors that describe them. */
export const fieldErrors = (page: Page): Promise<[name: string, error: string][]> =>
  page.evaluate<[string, string][]>(
    `[...document.querySelectorAll("[aria-invalid=true]")].map((field) => [
      field.name,
      document.getElementById(field.getAttribute("aria-describedby").split(" ").at(-1)).textContent,
    ])`,
  );

/** Reads the access token that the page shows. */
export const shownToken = async (page: Page): Promise<string> =>
  (await page.locator("code.token").textContent()) ?? "";

/** Expects that no token is in the URL, a cookie or localStorage, and no access token in sessionStorage. */
export async function expectTokensHidden(page: Page): Promise<void> {
  const { href, local, cookie, kept } = await page.evaluate<Record<string, string>>(
    `({ href: location.href, local: JSON.stringify(localStorage), cookie: document.cookie,
        kept: JSON.stringify(sessionStorage) })`,
  );
  expect(new URL(href ?? "").search + new URL(href ?? "").hash).toBe("");
  expect({ local, cookie }).toEqual({ local: "{}", cookie: "" });
  expect(kept).not.toContain(await shownToken(page));
}
