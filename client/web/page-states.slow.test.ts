import { afterEach, describe, expect, test } from "vitest";
import {
  expectNoSidewaysScrolling,
  hasBrowser,
  useBrowser,
  violations,
} from "../../testing/browser.ts";
import { ENGINES } from "../../testing/engines.ts";
import {
  expectToBe,
  focused,
  logIn,
  panel,
  sendLogin,
  sendRegistration,
} from "../../testing/page-actions.ts";
import { LOCAL, PASSWORD, useService } from "../../testing/service.ts";

const VIEWPORTS = [
  { width: 1440, height: 900 },
  { width: 360, height: 740 },
];

/** A batch of one call that has failed. */
const failed = (reason: string) => [
  { error: { message: "x", code: -32603, data: { reason, code: "x", retryAfterSeconds: 120 } } },
];

describe.runIf(hasBrowser).each(ENGINES.slice(0, 1))("the page", (engine) => {
  const service = useService(engine, LOCAL);
  const browser = useBrowser();
  afterEach(async () => {
    expect(await browser.complaints()).toEqual([]);
  });

  test("the workbench is accessible in every state and look", async () => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/workbench`);
    /** Expects it in light and dark. What is open on a page depends on its width when it is loaded: `prepare` has to see to it. */
    const expectToBeFine = async (prepare: () => Promise<unknown>) => {
      for (const viewport of VIEWPORTS) {
        await page.setViewportSize(viewport);
        await prepare();
        await expectNoSidewaysScrolling(page);
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
          expect(await violations(page), `${viewport.width}, ${colorScheme}`).toEqual([]);
        }
      }
    };
    const fail = async () => {
      await page.reload();
      await sendLogin(page, email, "wrong password");
      await page.getByRole("alert").waitFor();
    };
    const openAll = () =>
      page.locator("details").evaluateAll((all) => {
        for (const one of all) one.setAttribute("open", "");
      });
    await expectToBeFine(async () => {
      await page.reload();
      await page.getByText("None. Log in to get one.").waitFor();
    });
    await expectToBeFine(fail);
    await logIn(page, email);
    await expectToBe(page, email);
    await page.getByLabel("Title").fill("A lantern");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByText("Added: A lantern").waitFor();
    await page.getByRole("button", { name: "Get Items", exact: true }).click();
    await page.getByRole("button", { name: "Remove A lantern" }).waitFor();
    await page.getByLabel("Show tokens").check();
    await expectToBeFine(openAll);
  });

  test("shows each error next to its field and moves the focus there", async () => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/register`);
    await sendRegistration(page, { Email: email, Username: "a@b", Password: "short" });
    await page.getByRole("alert").getByText("check the highlighted fields").waitFor();
    expect(await page.getByLabel("Username").getAttribute("aria-invalid")).toBe("true");
    await page.getByText("Must not contain @.").waitFor();
    await expect.poll(() => focused(page)).toMatch(/^Username/);

    await sendRegistration(page, { Email: email, Username: "", Password: "short" });
    await page.getByText("Must be at least 8 characters long.").waitFor();
    await expect.poll(() => focused(page)).toBe("Password");
    await sendRegistration(page, { Email: email });
    await page.getByRole("alert").getByText("This email is already registered.").waitFor();
    await page.getByText("Already in use.").waitFor();
    await expect.poll(() => focused(page)).toBe("Email");
  });

  test("the workbench works with the keyboard alone and moves the focus to new content", async () => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/workbench`);
    await page.getByText("None. Log in to get one.").waitFor();
    const press = async (key: string, names: readonly string[]) => {
      for (const name of names) {
        await page.keyboard.press(key);
        expect(await focused(page)).toBe(name);
      }
    };
    await press("Tab", ["Tegata", "Account", "Workbench", "curl"]);
    await press("ArrowRight", ["TypeScript"]);
    await press("ArrowLeft", ["curl"]);
    await press("Tab", ["Show tokens", "Email or username"]);
    await page.keyboard.type(email);
    await press("Tab", ["Password"]);
    await page.keyboard.type(PASSWORD);
    await press("Tab", ["Show: Password", "Stay logged in on this device", "Log in"]);
    const outline = await page.evaluate(
      () => document.activeElement && getComputedStyle(document.activeElement).outlineStyle,
    );
    expect(outline).toBe("solid");
    await page.keyboard.press("Space");
    await expect.poll(() => focused(page)).toBe("Current token");
    await press("Tab", ["Refresh now", "Log out", "Copy", "Header and claims", "Code"]);
    await press("Tab", ["Copy", "Copy", "Get Me"]);
    await page.keyboard.press("Enter");
    await page.getByText(`"email": "${email}"`).waitFor();
    expect(await focused(page)).toBe("Get Me");
    await page.getByRole("button", { name: "Log out", exact: true }).focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => focused(page)).toBe("Log in");
  });

  test.each([
    ["/trpc/login.password?batch=1", "/login", 503, "The server is busy.", failed("busy")],
    [
      "/trpc/login.password?batch=1",
      "/workbench",
      429,
      "Too many attempts.",
      failed("too_many_attempts"),
    ],
    ["/trpc/register?batch=1", "/register", 503, "The server is busy.", failed("busy")],
  ])("counts down when %s is not available (%s, %i)", async (path, screen, status, text, body) => {
    const page = await browser.open(service.url + screen);
    await page.clock.install();
    await page.reload();
    const answer = { status, json: body };
    await page.route(service.url + path, (route) => route.fulfill(answer));
    const form = page.locator("form");
    await form.getByLabel("Email").fill("busy@example.com");
    await form.getByLabel("Password").fill(PASSWORD);
    const button = form.locator("[type=submit]");
    await button.click();
    await form.getByRole("alert").getByText(text).waitFor();
    const timer = form.getByRole("timer");
    const secondsLeft = async () =>
      Number((await timer.textContent())?.match(/^\s*Try again in (\d+) s\s*$/)?.[1]);
    expect(await secondsLeft()).toBeGreaterThan(60);
    expect(await button.isDisabled()).toBe(true);
    expect(await violations(page)).toEqual([]);
    await page.unroute(service.url + path);
    service.logged.length = 0;
    await form.getByLabel("Password").press("Enter");
    await page.clock.runFor(60_000);
    await expect.poll(secondsLeft).toBeLessThanOrEqual(60);
    await page.clock.runFor(60_000);
    await expect.poll(() => button.isDisabled()).toBe(false);
    expect(service.logged.filter((line) => line.includes('"POST"'))).toEqual([]);
    await button.click();
    const ended =
      screen !== "/register"
        ? form.getByText("Incorrect email, username or password.")
        : page.getByRole("button", { name: "Log out", exact: true });
    await ended.waitFor();
  });

  test("shows when it is waiting for a response and when it is offline", async () => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/workbench`);
    await logIn(page, email);
    const me = panel(page, "Me");
    const button = me.getByRole("button", { name: "Get Me", exact: true });
    let answer = () => {};
    const held = new Promise<void>((done) => {
      answer = done;
    });
    await page.route("**/trpc/me?**", (route) => held.then(() => route.continue()));
    await button.click();
    await me.getByText("Please wait…").waitFor();
    expect(await button.isDisabled()).toBe(true);
    answer();
    await me.getByText(`"email": "${email}"`).waitFor();
    await page.unroute("**/trpc/me?**");
    await page.context().setOffline(true);
    await button.click();
    await me.getByRole("alert").getByText("The server cannot be reached.").waitFor();
    expect(await violations(page)).toEqual([]);
    await page.context().setOffline(false);
    await expectToBe(page, email);
  });

  test("is shown in Japanese if the browser's language is Japanese, and in the other on demand", async () => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/workbench`, { locale: "ja-JP" });
    expect(await page.locator("html").getAttribute("lang")).toBe("ja");
    await page.getByLabel("メールアドレスまたはユーザー名").fill(email);
    await page.getByLabel("パスワード").fill(PASSWORD);
    await page.getByRole("button", { name: "ログイン", exact: true }).click();
    await page.getByText("現在のトークン").waitFor();
    await page.getByRole("button", { name: "自分の情報を取得", exact: true }).click();
    await page.getByText(`"email": "${email}"`).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole("button", { name: "English" }).click();
    await page.getByRole("button", { name: "Get Me", exact: true }).waitFor();
    await page.getByText(`"email": "${email}"`).waitFor();
    await page.getByRole("link", { name: "Account" }).click();
    await panel(page, "Recent events").getByText("Logged in").waitFor();
    await page.getByRole("button", { name: "日本語" }).click();
    await panel(page, "最近の出来事").getByText("ログインしました").waitFor();
    expect(await violations(page)).toEqual([]);
  });

  test("is checked for policy violations, requests to other origins, and errors", async () => {
    const page = await browser.open(`${service.url}/workbench`);
    await page.evaluate(async () => {
      document.body.append(Object.assign(new Image(), { src: "data:image/png;base64,AAAA" }));
      document.body.insertAdjacentHTML("beforeend", "<p style='color: red'>x</p>");
      await fetch("http://127.0.0.2:9/").catch(() => undefined);
      setTimeout(() => Promise.reject(new Error("a bug")));
    });
    const complaints = () => browser.complaints();
    const expected = [/data:image/, /inline style/, /127\.0\.0\.2/, /a bug/];
    await page.waitForFunction(() => document.readyState === "complete");
    const seen = (await complaints()).join("\n");
    for (const one of expected) expect(seen).toMatch(one);
  });
});
