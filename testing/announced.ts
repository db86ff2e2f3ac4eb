/** What a screen reader announces on a page. */
import type { Page } from "playwright-core";

/** @returns a function that reads the texts of the live regions that were there before an action, after that action */
export async function announced(
  page: Page,
  act: () => Promise<void>,
): Promise<() => Promise<string[]>> {
  await page.evaluate(`globalThis.liveRegions =
    [...document.querySelectorAll("output, [role=status]")].filter((one) => one.checkVisibility())`);
  await act();
  return () =>
    page.evaluate<string[]>(
      `liveRegions.filter((one) => one.isConnected).map((one) => one.textContent.trim())`,
    );
}
