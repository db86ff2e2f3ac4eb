/** How the page reports errors and successes: where the text is, how long it stays, what is announced, where the focus is. */
import { afterEach, describe, expect, test } from "vitest";
import { hasBrowser, useBrowser, violations } from "../../testing/browser.ts";
import { ENGINES } from "../../testing/engines.ts";
import {
  fieldErrors,
  focused,
  logIn,
  panel,
  sendLogin,
  sendRegistration,
} from "../../testing/page-actions.ts";
import { LOCAL, PASSWORD, useService } from "../../testing/service.ts";

const UNREACHABLE = "The server cannot be reached.";

describe.runIf(hasBrowser).each(ENGINES.slice(0, 1))("the feedback of the page", (engine) => {
  const service = useService(engine, LOCAL);
  const browser = useBrowser();
  afterEach(async () => {
    expect(await browser.complaints()).toEqual([]);
  });

  const REQUIRED = "This field is required.";
  test.each<[path: string, open: string, button: string, names: string[]]>([
    ["/login", "", "Log in", ["username", "password"]],
    ["/register", "", "Create an account", ["email", "password"]],
    ["/workbench", "", "Add", ["title"]],
    ["/", "Change password", "Change password", ["currentPassword", "newPassword"]],
    ["/", "Delete account", "Delete my account for good", ["password", "understood"]],
  ])(
    "on %s, empty fields are reported without a request (%s)",
    async (path, open, button, names) => {
      const { email } = await service.person();
      const page = await browser.open(`${service.url}/login`);
      const isGate = path === "/login" || path === "/register";
      if (!isGate) await logIn(page, email);
      await page.goto(service.url + path);
      if (open) await page.locator("summary", { hasText: open }).click();
      await page.getByRole("button", { name: button, exact: true }).click();
      await page.getByRole("alert").getByText("check the highlighted fields").waitFor();
      expect(await fieldErrors(page)).toEqual(names.map((name) => [name, REQUIRED]));
      expect(await page.evaluate<string>("document.activeElement.name")).toBe(names[0]);
      expect(await violations(page)).toEqual([]);
      expect(service.logged.join("")).not.toMatch(/"statusCode":4/);
    },
  );

  test("an email in full-width letters is the server's to judge", async () => {
    const page = await browser.open(`${service.url}/register`);
    await sendRegistration(page, { Email: "ｗｉｄｅ＠ｅｘａｍｐｌｅ．ｃｏｍ" });
    await panel(page, "Profile").getByText("wide@example.com").waitFor();
  });

  test("an error disappears when its field is edited, and at the next attempt", async () => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/register`);
    await sendRegistration(page, { Email: "x@", Username: "a@b" });
    await page.getByRole("alert").waitFor();
    expect((await fieldErrors(page)).map(([name]) => name)).toEqual(["email", "username"]);
    await page.getByLabel("Email").fill("x@example.com");
    await expect.poll(() => page.getByRole("alert").count()).toBe(0);
    expect((await fieldErrors(page)).map(([name]) => name)).toEqual(["username"]);
    await page.getByLabel("Username").fill("");
    await expect.poll(() => fieldErrors(page)).toEqual([]);

    await page.goto(`${service.url}/login`);
    await sendLogin(page, email, "wrong password");
    const alert = page.getByRole("alert");
    await alert.waitFor();
    await page.getByLabel("Password").fill(PASSWORD);
    await expect.poll(() => alert.count()).toBe(0);
    await sendLogin(page, email, "wrong password");
    await alert.waitFor();
    await page.route("**/trpc/login.password?**", () => {});
    await page.getByRole("button", { name: "Log in", exact: true }).click();
    await expect.poll(() => alert.count()).toBe(0);
  });

  test("a reason that only a newer server knows is an error like any other", async () => {
    const page = await browser.open(`${service.url}/login`);
    const data = { code: "BAD_REQUEST", httpStatus: 400, reason: "too_new" };
    await page.route("**/trpc/login.password?**", (route) =>
      route.fulfill({ status: 400, json: [{ error: { message: "", code: -32600, data } }] }),
    );
    await sendLogin(page, "ada@example.com");
    await page.getByRole("alert").getByText("Something went wrong.").waitFor();
    await page.getByRole("link", { name: "Create an account" }).click();
    await sendRegistration(page, { Email: "new@example.com" });
    await page.getByRole("status").getByText("You can log in now. Something went wrong.").waitFor();
  });

  test.each(["/", "/workbench"])("%s: why the user has to log in, until they try", async (path) => {
    const { email } = await service.person();
    const page = await browser.open(`${service.url}/login`);
    await logIn(page, email);
    await page.goto(service.url + path);
    await page
      .getByRole("heading", { name: /Profile|Me/ })
      .first()
      .waitFor();
    await page.context().setOffline(true);
    await page.getByRole("button", { name: "Log out", exact: true }).click();
    await page.getByRole("alert").getByText("the server could not be notified").waitFor();
    await page.context().setOffline(false);
    await sendLogin(page, email, "wrong password");
    const alerts = page.getByRole("alert");
    await alerts.getByText("Incorrect").waitFor();
    expect(await alerts.count()).toBe(1);
    await logIn(page, email);
  });

  test("the error of an entry is at the entry, and that of a button at the button", async () => {
    const person = await service.person();
    const token = await service.login(person);
    for (const title of ["b", "c", "d", "e", "f"])
      await service.mutate("items.add", { title }, token);
    const page = await browser.open(`${service.url}/workbench`);
    await logIn(page, person.email);
    await page.getByRole("button", { name: "Get Items", exact: true }).click();
    await page.getByRole("button", { name: "Remove c" }).waitFor();
    const expectErrors = async (names: readonly string[]) => {
      await page.context().setOffline(true);
      for (const name of names) {
        const button = page.getByRole("button", { name, exact: true });
        await button.press("Enter");
        const form = page.locator("form").filter({ has: button });
        await form.getByRole("alert").getByText(UNREACHABLE).waitFor();
        expect(await button.evaluate((one) => one === document.activeElement)).toBe(true);
      }
      expect(await page.getByRole("alert").count()).toBe(names.length);
      expect(await violations(page)).toEqual([]);
      await page.context().setOffline(false);
    };
    await expectErrors(["Remove c", "More", "Refresh now"]);
    await page.getByRole("button", { name: "Remove c" }).press("Enter");
    await page.getByText("Removed: c").waitFor();
    await expect.poll(() => page.getByRole("alert").count()).toBe(2);

    const form = { username: person.email, password: person.password };
    for (const agent of ["curl/8.9.1", "a", "b", "c"])
      service.issued(await service.token(form, { "user-agent": agent }));
    await page.goto(service.url);
    await page.getByRole("button", { name: "More" }).waitFor();
    await expectErrors(["Log out curl", "Log out all other devices", "More"]);
  });

  test("typing goes on while a request is pending", async () => {
    const person = await service.person();
    const token = await service.login(person);
    for (const title of ["b", "c"]) await service.mutate("items.add", { title }, token);
    const page = await browser.open(`${service.url}/workbench`);
    await logIn(page, person.email);
    await page.getByRole("button", { name: "Get Items", exact: true }).click();
    await page.getByRole("button", { name: "Remove c" }).waitFor();
    let answer = () => {};
    const held = new Promise<void>((done) => {
      answer = done;
    });
    await page.route(/items\.(add|remove)/, (route) => held.then(() => route.continue()));
    for (const name of ["Remove b", "Remove c"]) await page.getByRole("button", { name }).click();
    await page.getByLabel("Title").fill("first");
    await page.getByLabel("Title").press("Enter");
    await page.getByLabel("Title").fill("second");
    answer();
    await page.getByRole("button", { name: "Remove first" }).waitFor();
    await expect.poll(() => page.getByRole("button", { name: /^Remove [bc]/ }).count()).toBe(0);
    expect(await page.getByLabel("Title").inputValue()).toBe("second");
    expect(await focused(page)).toMatch(/^Title/);
  });
});
