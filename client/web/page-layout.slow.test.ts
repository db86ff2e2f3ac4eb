/** The layout of the page with texts as long as the service accepts them, in every language and on every size of screen. */
import { afterEach, describe, expect, test } from "vitest";
import { hasBrowser, useBrowser, violations } from "../../testing/browser.ts";
import { ENGINES } from "../../testing/engines.ts";
import { expectToFit } from "../../testing/fit.ts";
import { focused, logIn, panel } from "../../testing/page-actions.ts";
import { LOCAL, PASSWORD, useService } from "../../testing/service.ts";
import { en } from "./texts/en.ts";
import { ja } from "./texts/ja.ts";
import { en as enWorkbench } from "./texts/workbench.en.ts";
import { ja as jaWorkbench } from "./texts/workbench.ja.ts";

const LANGUAGES = [
  ["en-US", { ...en, ...enWorkbench }],
  ["ja-JP", { ...ja, ...jaWorkbench }],
] as const;
const WIDTHS = [320, 360, 390, 768, 1440];

const LONG_WORD = "abcdefghij".repeat(12);
const TITLES = ["A title of many words. ".repeat(5).trim(), LONG_WORD, "長い題名です".repeat(20)];

describe.runIf(hasBrowser).each(ENGINES.slice(0, 1))("the layout of the page", (engine) => {
  const service = useService(engine, LOCAL);
  const browser = useBrowser();
  afterEach(async () => {
    expect(await browser.complaints()).toEqual([]);
  });

  test.each(LANGUAGES)("%s: long texts fit at every width", async (locale, texts) => {
    const email = `${locale.padEnd(64, "a")}@${"long-label.".repeat(15)}example.com`;
    const page = await browser.open(`${service.url}/workbench`, { locale });
    const expectToFitAtEveryWidth = async (prepare?: () => Promise<unknown>) => {
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 800 });
        await prepare?.();
        await expectToFit(page);
      }
    };
    // What is open on a page depends on its width when it is loaded.
    await expectToFitAtEveryWidth(() => page.reload());
    await page.getByRole("link", { name: texts.createAccount }).click();
    await page.locator("#email").fill(email);
    await page.locator("#password").fill(PASSWORD);
    await page.locator("#username").fill(locale.padEnd(200, "u"));
    await page.locator("#fullName").fill("山田太郎".repeat(50));
    await expectToFitAtEveryWidth();
    await page.locator("[type=submit]").click();
    await page.getByRole("button", { name: texts.getMe, exact: true }).waitFor();
    await page.locator("details").evaluateAll((all) => {
      for (const one of all) one.setAttribute("open", "");
    });
    await page.getByLabel(texts.showTokens).check();
    await expectToFitAtEveryWidth();
    await page.getByRole("button", { name: texts.getMe, exact: true }).click();
    await panel(page, texts.me).getByText(email).waitFor();
    await expectToFitAtEveryWidth();
    for (const title of TITLES) {
      await page.getByLabel(texts.title).fill(title);
      await page.getByRole("button", { name: texts.addItem, exact: true }).click();
      await page.getByText(texts.added(title), { exact: true }).waitFor();
      await expectToFitAtEveryWidth();
    }
    await page.getByRole("button", { name: texts.getItems, exact: true }).click();
    for (const title of TITLES)
      await page.getByRole("button", { name: texts.removeItem(title) }).waitFor();
    await expectToFitAtEveryWidth();
    await page.getByRole("button", { name: texts.removeItem(LONG_WORD) }).click();
    await page.getByText(texts.removed(LONG_WORD)).waitFor();
    await expectToFitAtEveryWidth();
  });

  test.each([
    { width: 360, height: 640, request: "Log out" },
    { width: 390, height: 844, request: "Get Me" },
  ])(
    "$width × $height: the first screen has the form, then the first request; the claims are there on demand",
    async ({ request, ...viewport }) => {
      const { email } = await service.person();
      const page = await browser.open(`${service.url}/workbench`, { viewport });
      const isOnScreen = (name: string) =>
        page
          .getByRole("button", { name, exact: true })
          .evaluate((one) => one.getBoundingClientRect().bottom < innerHeight);
      await page.getByText("None. Log in to get one.").waitFor();
      expect(await isOnScreen("Log in")).toBe(true);
      await logIn(page, email);
      expect(await isOnScreen(request)).toBe(true);
      expect(await page.getByRole("row", { name: "client_id" }).count()).toBe(0);
      for (const _ of [1, 2, 3, 4]) await page.keyboard.press("Tab");
      expect(await focused(page)).toBe("Header and claims");
      await page.keyboard.press("Enter");
      await page.getByRole("row", { name: "client_id" }).waitFor();
      expect(await violations(page)).toEqual([]);
      await expectToFit(page);
    },
  );
});
