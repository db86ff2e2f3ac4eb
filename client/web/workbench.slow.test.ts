/** What a developer does on the workbench: the code that it shows is run, and does what the buttons do. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { afterEach, describe, expect, test } from "vitest";
import { announced } from "../../testing/announced.ts";
import { hasBrowser, useBrowser, violations } from "../../testing/browser.ts";
import { ENGINES } from "../../testing/engines.ts";
import { focused, logIn, panel, shownToken } from "../../testing/page-actions.ts";
import { LOCAL, PASSWORD, useService } from "../../testing/service.ts";
import { createTegata, memoryStore } from "../index.ts";

/** What a shell or a program must not take for its own. */
const TITLE = `it's "quoted" $HOME \\ \`date\``;

/** The code of every button on the page, by the text of the button. */
const code = (page: Page): Promise<Record<string, string>> =>
  page.evaluate(() =>
    Object.fromEntries(
      [...document.querySelectorAll("figure")].map((one) => [
        one.querySelector("figcaption span")?.textContent,
        one.querySelector("code")?.textContent,
      ]),
    ),
  );

describe.runIf(hasBrowser).each(ENGINES.slice(0, 1))("the workbench", (engine) => {
  const service = useService(engine, LOCAL);
  const browser = useBrowser();
  afterEach(async () => {
    expect(await browser.complaints()).toEqual([]);
  });

  /** Opens the workbench of a new person with one item. @returns also the code of the log-in */
  const open = async () => {
    const person = await service.person();
    await service.mutate("items.add", { title: "First" }, await service.login(person));
    const page = await browser.open(`${service.url}/workbench`);
    await page.getByRole("button", { name: "Log in", exact: true }).waitFor();
    const logInCode = await code(page);
    await logIn(page, person.email);
    await page.getByLabel("Title").fill(TITLE);
    await page.getByRole("button", { name: "Get Items", exact: true }).click();
    await page.getByRole("button", { name: "Remove First" }).waitFor();
    return { person, page, logInCode };
  };
  const body = async (page: Page, heading: string) =>
    JSON.parse((await panel(page, heading).locator(".response code").textContent()) ?? "");

  test.each(["$TOKEN", "the token"])(
    "each curl command does what its button does, with %s",
    async (shown) => {
      const { person, page, logInCode } = await open();
      await page.getByRole("button", { name: "Get Me", exact: true }).click();
      await panel(page, "Me").getByText("Status 200").waitFor();
      const token = await service.login(person);
      const { refresh_token: refreshToken } = await service.tokens(person);
      if (shown === "the token") await page.getByLabel("Show tokens").check();
      const commands = { ...logInCode, ...(await code(page)) };
      expect(Object.keys(commands)).toEqual([
        "Log in",
        "Refresh now",
        "Log out",
        "Get Me",
        "Get Items",
        "Add",
        "Remove",
      ]);
      const run = async (name: string): Promise<unknown> => {
        const env = {
          ...(shown === "$TOKEN" && { TOKEN: token }),
          EMAIL: person.email,
          PASSWORD,
          REFRESH_TOKEN: refreshToken,
          PATH: process.env["PATH"],
        };
        const command = commands[name]?.replace("curl ", "curl -s ") ?? "";
        const { stdout } = await promisify(execFile)("sh", ["-c", command], { env });
        return JSON.parse(stdout);
      };
      expect(await run("Get Me")).toEqual(await body(page, "Me"));
      expect(await run("Get Items")).toEqual(await body(page, "Items"));
      expect(await run("Add")).toMatchObject({ title: TITLE });
      expect(await run("Remove")).toEqual({ removed: true });
      expect(await run("Remove")).toEqual({ removed: false });
      expect(await run("Log in")).toMatchObject({ token_type: "Bearer", scope: "me items" });
      expect(await run("Refresh now")).toMatchObject({ token_type: "Bearer" });
      expect(await run("Log out")).toEqual({});
      expect(await run("Refresh now")).toMatchObject({ error: "invalid_grant" });
    },
  );

  test("the TypeScript does what the buttons do, one after the other", async () => {
    const { person, page } = await open();
    await page.getByRole("button", { name: "Log out", exact: true }).click();
    await page.getByText("TypeScript", { exact: true }).click();
    const logInCode = (await code(page))["Log in"] ?? "";
    await logIn(page, person.email);
    await page.getByLabel("Title").fill(TITLE);
    await page.getByRole("button", { name: "Get Items", exact: true }).click();
    await page.getByRole("button", { name: "Remove First" }).waitFor();
    const { "Log out": logOut, Remove: remove, ...others } = await code(page);
    const [first = "", ...rest] = logInCode.split("\n");
    expect(first).toBe('import { createTegata, memoryStore } from "tegata-client";');
    const program = [
      ...rest,
      ...Object.values(others),
      "const { items: [, , added] } = await tegata.api.items.list.query();",
      remove,
      "const { items } = await tegata.api.items.list.query();",
      logOut,
      "return { added: added.title, left: items.length, tokens: tegata.session.tokens() };",
    ];
    const AsyncFunction = (async () => undefined).constructor as FunctionConstructor;
    const names = ["createTegata", "memoryStore", "email", "password"];
    const result = await AsyncFunction(...names, program.join("\n"))(
      createTegata,
      memoryStore,
      person.email,
      PASSWORD,
    );
    expect(result).toEqual({ added: TITLE, left: 2, tokens: undefined });
  });

  test("tokens are hidden until the user shows them", async () => {
    const { page } = await open();
    const token = await shownToken(page);
    const count = async () => (await page.locator("main").innerText()).split(token).length - 1;
    expect(token.split(".")).toHaveLength(3);
    // In its panel, and in the code of Get Me, Get Items, Add and Remove.
    expect(await count()).toBe(5);
    await page.getByLabel("Show tokens").uncheck();
    await expect.poll(count).toBe(0);
    expect(await page.locator("main").innerText()).not.toContain(token.split(".")[2]);
    await page.reload();
    await page.getByRole("button", { name: "Get Me", exact: true }).waitFor();
    expect(await page.getByLabel("Show tokens").isChecked()).toBe(false);
  });

  test("a refusal is shown with its status and body, and the error at its field", async () => {
    const { page } = await open();
    const items = panel(page, "Items");
    await items.getByLabel("Title").fill("x".repeat(201));
    await items.getByRole("button", { name: "Add", exact: true }).click();
    await items.getByText(/^Status 400, \d+ ms$/).waitFor();
    await items.getByText("Must be at most 200 characters long.").waitFor();
    expect(await body(page, "Items")).toMatchObject({ data: { reason: "invalid_input" } });
    expect(await violations(page)).toEqual([]);
    await page.context().setOffline(true);
    await items.getByRole("button", { name: "Get Items", exact: true }).click();
    await items.getByRole("alert").getByText("The server cannot be reached.").waitFor();
    await items.getByText(/^Status 400/).waitFor();
  });

  test("what happens is announced, and the focus is kept", async () => {
    const { page } = await open();
    const expectAfter = async (act: () => Promise<void>, text: string | RegExp, focus: string) => {
      const regions = await announced(page, act);
      await expect.poll(regions).toContainEqual(expect.stringMatching(text));
      await expect.poll(() => focused(page)).toBe(focus);
    };
    const press = (name: string) => () =>
      page.getByRole("button", { name, exact: true }).first().press("Enter");
    const before = service.secret(await shownToken(page));
    await expectAfter(press("Refresh now"), /^You have a new token\.$/, "Refresh now");
    expect(service.secret(await shownToken(page))).not.toBe(before);
    await expectAfter(press("Get Me"), /^Status 200, \d+ ms$/, "Get Me");
    await page.getByLabel("Title").fill("A");
    await expectAfter(() => page.getByLabel("Title").press("Enter"), /^Added: A$/, "Title");
    await press("Get Items")();
    await page.getByRole("button", { name: "Remove A" }).waitFor();
    await expectAfter(press("Remove A"), /^Removed: A$/, "Response");
    await expectAfter(press("Log out"), /^You are logged out\.$/, "Log in");
  });

  test("copies the token and the code, and says if the browser does not allow it", async () => {
    const { page } = await open();
    const token = await shownToken(page);
    await page.getByLabel("Show tokens").uncheck();
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const copy = (name: string) => page.getByRole("button", { name: `Copy: ${name}` });
    const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
    await (await announced(page, () => copy("Current token").click()))();
    await page.getByText("Copied", { exact: true }).waitFor();
    expect(await clipboard()).toBe(token);
    await copy("Get Me, curl").click();
    await expect.poll(clipboard).toBe((await code(page))["Get Me"]);
    // As on a page without HTTPS.
    await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
    await copy("Get Items, curl").click();
    await page.getByText("The browser does not allow copying here.").waitFor();
  });

  test("is where the page of the first FastAPI system was, with its fields and texts", async () => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/static/index.html`);
    await page.getByRole("heading", { name: "Current token" }).waitFor();
    await logIn(page, email);
    for (const name of ["Get Me", "Get Items"]) {
      const section = page.locator("section").filter({
        has: page.getByRole("button", { name, exact: true }),
      });
      await section.getByRole("heading", { name: "Response" }).waitFor();
      await section.getByRole("button", { name, exact: true }).click();
      await section.getByText("Status 200").waitFor();
    }
    await page.getByRole("link", { name: "Account" }).click();
    await panel(page, "Profile").getByText(email).waitFor();
    await page.getByRole("link", { name: "Workbench" }).click();
    await page.getByRole("button", { name: "Get Me", exact: true }).waitFor();
  });
});
