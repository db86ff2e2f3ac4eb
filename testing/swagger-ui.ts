/** What a user does in Swagger UI to log in. */
import type { Page } from "playwright-core";
import { expect } from "vitest";

/** Locates the form of the login in the dialog. */
export const loginIn = (page: Page) =>
  page.locator(".dialog-ux .auth-container").filter({ hasText: "Token URL" });

/** Opens the dialog. */
export const openDialog = (page: Page) =>
  page.locator(".auth-wrapper").getByRole("button", { name: "Authorize" }).first().click();

/** Sends the user to log in. @returns the window in which the log-in page is */
export async function leaveToLogIn(page: Page): Promise<Page> {
  expect(await loginIn(page).getByLabel("client_id").inputValue()).toBe("tegata");
  const opened = page.waitForEvent("popup");
  await loginIn(page).getByRole("button", { name: "Apply given OAuth2 credentials" }).click();
  return opened;
}

/** Waits until the user is logged in, and closes the dialog. */
export async function comeBack(page: Page): Promise<void> {
  await loginIn(page).getByRole("button", { name: "Remove authorization" }).waitFor();
  await loginIn(page).getByRole("button", { name: "Close", exact: true }).click();
}
