/** What the page tells its users, for tests: announcements, and the errors at its fields. */
import type { Page } from "playwright-core";

/** The texts that a screen reader announces after an action: those of live regions that were there before it. */
export async function announced(
  page: Page,
  act: () => Promise<void>,
): Promise<() => Promise<string[]>> {
  const regions = await page.evaluateHandle(() =>
    [...document.querySelectorAll("output, [role=status]")].filter((one) => one.checkVisibility()),
  );
  await act();
  return () =>
    regions.evaluate((all) =>
      all.filter((one) => one.isConnected).map((one) => one.textContent?.trim() ?? ""),
    );
}

/** The names of the fields that are marked as invalid, with the errors that describe them. */
export const fieldErrors = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLInputElement>("[aria-invalid=true]")].map((field) => [
      field.name,
      (field.getAttribute("aria-describedby") ?? "")
        .split(" ")
        .map((id) => document.getElementById(id))
        .find((one) => one?.matches(".field-error"))?.textContent,
    ]),
  );
