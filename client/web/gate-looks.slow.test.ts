/** Every screen with a single card, in every state, language and look, and on every size of screen. */
import type { Page } from "playwright-core";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { addApp } from "../../testing/authorization.ts";
import { hasBrowser, useBrowser, violations } from "../../testing/browser.ts";
import { ENGINES } from "../../testing/engines.ts";
import { expectToFit } from "../../testing/fit.ts";
import { LOCAL, PASSWORD, useService } from "../../testing/service.ts";
import { en, type Texts } from "./texts/en.ts";
import { ja } from "./texts/ja.ts";

const WIDTHS = [320, 390, 768, 1440];
const HOST = `${"long-label.".repeat(15)}example.com`;
const LONG = `${"long".repeat(16)}@${HOST}`;

const submit = (page: Page) => page.locator("[type=submit]").click();
const submitEmpty = async (page: Page) => {
  await submit(page);
  await page.getByRole("alert").waitFor();
};

/** What an application asks for that is registered with names as long as they can be. */
const REQUEST = new URLSearchParams({
  response_type: "code",
  client_id: "app",
  redirect_uri: `https://${HOST}/`,
  code_challenge: "c".repeat(43),
  code_challenge_method: "S256",
});

const LOGOUT = new URLSearchParams({
  client_id: "app",
  post_logout_redirect_uri: `https://${HOST}/`,
});

/** Opens the screen again with an account. */
async function logInFirst(page: Page): Promise<void> {
  const path = page.url();
  await page.goto(new URL("/login", path).href);
  await page.locator("#username").fill("ada");
  await page.locator("#password").fill(PASSWORD);
  await submit(page);
  // Not "Stay logged in on this device" of the form.
  await page.getByText("This device", { exact: true }).waitFor();
  await page.goto(path);
  await page.locator("[type=submit]").waitFor();
}

/** A screen: its path, its title, and how it gets into its state. */
const SCREENS: [string, (texts: Texts) => string, ((page: Page) => Promise<void>)?][] = [
  ["/login", ({ logIn }) => logIn],
  ["/login?with=errors", ({ logIn }) => logIn, submitEmpty],
  [
    "/login?with=a+wrong+password",
    ({ logIn }) => logIn,
    async (page) => {
      await page.locator("#username").fill(LONG);
      await page.locator("#password").fill("wrong password");
      await submitEmpty(page);
    },
  ],
  ["/register", ({ createAccount }) => createAccount],
  ["/register?with=errors", ({ createAccount }) => createAccount, submitEmpty],
  [
    "/register?with=long+names",
    ({ createAccount }) => createAccount,
    async (page) => {
      await page.locator("#email").fill(`two@at@${LONG}`);
      await page.locator("#password").fill("password");
      await page.getByRole("switch").click();
      await page.locator("#fullName").fill("山田太郎".repeat(50));
      await submitEmpty(page);
    },
  ],
  ["/forgot", ({ forgot }) => forgot],
  [
    "/forgot?and=sent",
    ({ forgot }) => forgot,
    async (page) => {
      await page.locator("#email").fill(LONG);
      await submit(page);
      await page.getByRole("status").getByText(LONG).waitFor();
    },
  ],
  ["/reset?token=x", ({ reset }) => reset],
  ["/reset", ({ reset }) => reset],
  ["/verify?token=x", ({ verify }) => verify],
  ["/verify", ({ verify }) => verify],
  ["/change-email?token=x", ({ changeEmail }) => changeEmail],
  ["/change-email", ({ changeEmail }) => changeEmail],
  ["/take-back?token=x", ({ takeBack }) => takeBack],
  ["/take-back?token=used", ({ takeBack }) => takeBack, submitEmpty],
  ["/authorize", ({ logIn }) => logIn],
  [`/authorize?${REQUEST}`, ({ logIn }) => logIn],
  [
    `/authorize?${REQUEST}&with=consent`,
    ({ logIn }) => logIn,
    async (page) => {
      await page.locator("#username").fill("ada");
      await page.locator("#password").fill(PASSWORD);
      await submit(page);
      await page.locator(".scopes").waitFor();
    },
  ],
  [
    `/logout?${LOGOUT}`,
    ({ logOut }) => logOut,
    (page) => page.locator("main [role=status]").waitFor(),
  ],
  [`/logout?${LOGOUT}&with=account`, ({ logOut }) => logOut, logInFirst],
  ["/logout?client_id=nobody&with=account", ({ logOut }) => logOut, logInFirst],
];

const BRAND = "The quick brown foxes & the lazy dogs of Aix-la-X.";
const COLOR = "#ffd400";

describe.runIf(hasBrowser).each([
  { brand: "Tegata", env: {}, screens: SCREENS },
  {
    brand: BRAND,
    env: { BRAND_NAME: BRAND, BRAND_COLOR: COLOR },
    screens: SCREENS.filter(([path]) => /^\/(register|forgot\?)/.test(path)),
  },
])("the cards of $brand", ({ brand, env, screens }) => {
  const service = useService(ENGINES[0] ?? expect.unreachable(), { ...LOCAL, ...env });
  const browser = useBrowser();
  beforeAll(async () => {
    await service.person({ username: "ada" });
    const uris = { redirectUris: `https://${HOST}/`, logoutUris: `https://${HOST}/` };
    await addApp(service, { name: "W".repeat(50), ...uris, firstParty: false });
  });
  afterEach(async () => {
    expect(await browser.complaints()).toEqual([]);
  });

  test.each(screens)("%s fits and is accessible", async (path, titleIn, act) => {
    const page = await browser.open(service.url + path);
    await page.locator("h1").waitFor();
    await act?.(page);
    const typed = () =>
      page.locator("input").evaluateAll((all) => all.map((one) => (one as HTMLInputElement).value));
    const before = await typed();
    for (const [language, texts] of [
      ["en", en],
      ["ja", ja],
    ] as const) {
      if (language === "ja") await page.getByRole("button", { name: "日本語" }).click();
      expect(await page.locator("html").getAttribute("lang")).toBe(language);
      expect(await page.title()).toBe(`${titleIn(texts)} · ${brand}`);
      expect(await page.locator("h1").allTextContents()).toEqual([titleIn(texts)]);
      expect(await typed()).toEqual(before);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 800 });
        await expectToFit(page);
        if (width !== 390) continue;
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
          expect(await violations(page), `${language}, ${width}, ${colorScheme}`).toEqual([]);
        }
      }
    }
  });
});
