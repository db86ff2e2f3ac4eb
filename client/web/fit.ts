/** Whether everything on a screen fits, for the tests of the page. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { expectNoSidewaysScrolling } from "../../testing/browser.ts";

/** Expects that nothing is wider than its card or the window, and that labels and headings wrap between words only. */
export async function expectToFit(page: Page): Promise<void> {
  await expectNoSidewaysScrolling(page);
  const faults = await page.evaluate(() => {
    const lines = (text: Node, { index, 0: word }: RegExpExecArray) => {
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
      [...(text.textContent ?? "").matchAll(/\S+/g)]
        .map((word) => ({ word: word[0], isBroken: lines(text, word) > 1 }))
        // Japanese has no spaces: a title in large letters wraps anywhere.
        .filter(({ word }) => text.parentElement?.tagName !== "H1" || /^[!-~]+$/.test(word))
        .filter(({ isBroken }) => isBroken)
        .map(({ word }) => word),
    );
    const wide = [...document.querySelectorAll(".card, .card *:not(input, .hidden, .hidden *)")]
      .filter((one) => one.scrollWidth > one.clientWidth && one.clientWidth > 0)
      .map((one) => `${one.tagName} ${one.className}: ${one.textContent?.trim().slice(0, 20)}`);
    return { brokenWords, wide };
  });
  expect(faults, `${page.viewportSize()?.width} pixels wide`).toEqual({
    brokenWords: [],
    wide: [],
  });
}
