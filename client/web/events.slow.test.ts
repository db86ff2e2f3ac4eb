import { describe, expect, test } from "vitest";
import {
  expectNoSidewaysScrolling,
  hasBrowser,
  useBrowser,
  violations,
} from "../../testing/browser.ts";
import { ENGINES } from "../../testing/engines.ts";
import { logIn, panel } from "../../testing/page-actions.ts";
import { LOCAL, useService } from "../../testing/service.ts";

describe.runIf(hasBrowser).each(ENGINES.slice(0, 1))("the recent events on the page", (engine) => {
  const service = useService(engine, LOCAL);
  const browser = useBrowser();

  test("say what happened, where and with which device, page by page", async () => {
    const person = await service.person();
    const headers = { "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Firefox/150.0" };
    // One more, and the login below would have to wait.
    for (let i = 0; i < 4; i += 1)
      await service.token({ username: person.email, password: "wrong password" }, headers);
    const page = await browser.open(`${service.url}/login`, {
      viewport: { width: 360, height: 740 },
    });
    await logIn(page, person.email);
    const stored = () => service.tegata.db.events.list({ userId: person.id }, { limit: 9 });
    await expect.poll(stored).toHaveLength(6);
    // The login does not wait for its event.
    await page.reload();
    const events = panel(page, "Recent events");
    const items = events.getByRole("listitem");
    await expect.poll(() => items.count()).toBe(5);
    expect(await items.nth(0).textContent()).toMatch(
      /^\s*Logged in\s.*, 127\.0\.0\.1, Chrome, Linux/,
    );
    expect(await items.nth(1).textContent()).toMatch(/^\s*Failed login\s.*, Firefox, Linux/);
    await events.getByRole("button", { name: "More" }).click();
    await expect.poll(() => items.count()).toBe(6);
    expect(await items.nth(5).textContent()).toContain("Registered");
    expect(await page.evaluate("document.activeElement?.textContent")).toBe("Recent events");
    expect(await violations(page)).toEqual([]);
    await expectNoSidewaysScrolling(page);
    expect(await browser.complaints()).toEqual([]);
  });

  test("are each shown once when one more happens while a full page is shown", async () => {
    const person = await service.person();
    const happened = (count: number) =>
      expect
        .poll(() => service.tegata.db.events.list({ userId: person.id }, { limit: 9 }))
        .toHaveLength(count);
    for (let i = 0; i < 4; i += 1) await service.login(person);
    const page = await browser.open(`${service.url}/login`);
    await logIn(page, person.email);
    await happened(6);
    await page.reload();
    const events = panel(page, "Recent events");
    const items = events.getByRole("listitem");
    await expect.poll(() => items.count()).toBe(5);
    await service.login(person);
    await happened(7);
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await expect.poll(() => items.count()).toBe(6);
    await events.getByRole("button", { name: "More" }).click();
    await expect.poll(() => items.nth(6).textContent()).toContain("Registered");
    expect(await items.count()).toBe(7);
    expect(await browser.complaints()).toEqual([]);
  });
});
