/** What a screen reader announces, for the tests of the page. */
import type { Page } from "playwright-core";

/** @returns a function that reads the texts of the live regions that were there before an action, after that action */
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
