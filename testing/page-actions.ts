/** What a user does on the page, in terms of the texts that the page shows. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { PASSWORD } from "./service.ts";

/** Locates the panel with a heading. */
export const panel = (page: Page, heading: string) =>
  page.locator("section").filter({ has: page.getByRole("heading", { name: heading, level: 2 }) });

/** Submits the form that logs in: that of the log-in page or that of the workbench. */
export async function sendLogin(page: Page, username: string, password = PASSWORD): Promise<void> {
  await page.getByLabel("Email or username").fill(username);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in", exact: true }).click();
}

/** Logs in and waits until the page shows it. */
export async function logIn(page: Page, username: string, password = PASSWORD): Promise<void> {
  await sendLogin(page, username, password);
  await page.getByRole("button", { name: "Log out", exact: true }).waitFor();
}

/** Fills the form that registers, which is at `/register`. */
export async function sendRegistration(
  page: Page,
  fields: Readonly<Record<string, string>>,
): Promise<void> {
  const button = page.getByRole("button", { name: "Create an account" });
  // The screen from which the page comes may have fields with the same labels, while this one is being loaded.
  await button.waitFor();
  for (const [label, text] of Object.entries({ Password: PASSWORD, ...fields }))
    await page.getByLabel(label).fill(text);
  await button.click();
}

/** Opens a form on the account page. @returns the part that it is in */
export async function openForm(page: Page, heading: string, button: string) {
  const part = panel(page, heading);
  await part.locator("summary", { hasText: button }).click();
  return part;
}

/** Calls `me` and waits for the account with that email. */
export async function expectToBe(page: Page, email: string): Promise<void> {
  const me = panel(page, "Me");
  await me.getByRole("button", { name: "Get Me", exact: true }).click();
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

/** Reads the access token, which the workbench shows on demand. */
export async function shownToken(page: Page): Promise<string> {
  await page.getByLabel("Show tokens").check();
  return (await page.locator("code.token").textContent()) ?? "";
}

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
