/** Whether everything on a screen fits. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { expectNoSidewaysScrolling } from "./browser.ts";

/** Runs in the page: what is wider than its card, and which words of labels and headings are broken. */
const FAULTS = String.raw`(() => {
  const lines = (text, { index, 0: word }) => {
    const range = document.createRange();
    range.setStart(text, index);
    range.setEnd(text, index + word.length);
    return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size;
  };
  const labels = [...document.querySelectorAll("button, summary, label, h1, h2")];
  const texts = labels.flatMap(({ childNodes }) =>
    [...childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE),
  );
  const brokenWords = texts.flatMap((text) =>
    [...text.textContent.matchAll(/\S+/g)]
      .filter((word) => lines(text, word) > 1)
      .map(([word]) => word)
      // Japanese has no spaces: a title in large letters wraps anywhere.
      .filter((word) => text.parentElement.tagName !== "H1" || /^[!-~]+$/.test(word)),
  );
  const wide = [...document.querySelectorAll(".card, .card *:not(input, .hidden, .hidden *)")]
    .filter((one) => one.scrollWidth > one.clientWidth && one.clientWidth > 0)
    .map((one) => one.tagName + " " + one.className + ": " + one.textContent.trim().slice(0, 20));
  return { brokenWords, wide };
})()`;

/** Expects that nothing is wider than its card or the window, and that labels and headings wrap between words only. */
export async function expectToFit(page: Page): Promise<void> {
  await expectNoSidewaysScrolling(page);
  expect(await page.evaluate(FAULTS), `${page.viewportSize()?.width} pixels wide`).toEqual({
    brokenWords: [],
    wide: [],
  });
}
