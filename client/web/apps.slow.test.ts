/** The apps on the account page: what a person sees of them, and how they are removed. */
import { beforeAll, describe, expect, test } from "vitest";
import { announced } from "../../testing/announced.ts";
import { openApp } from "../../testing/apps.ts";
import { addApp } from "../../testing/authorization.ts";
import {
  expectNoSidewaysScrolling,
  hasBrowser,
  useBrowser,
  violations,
} from "../../testing/browser.ts";
import { ENGINES } from "../../testing/engines.ts";
import { focused, logIn, panel } from "../../testing/page-actions.ts";
import { LOCAL, useService } from "../../testing/service.ts";
import { Visitor } from "../../testing/visitor.ts";

describe.runIf(hasBrowser).each(ENGINES.slice(0, 1))("the apps on the account page", (engine) => {
  const service = useService(engine, LOCAL);
  const browser = useBrowser();
  beforeAll(async () => {
    await addApp(service, { id: "notes", name: "Notes", firstParty: false });
    await addApp(service, { id: "shop", name: "The Shop" });
  });
  /** Opens the page of a person who uses two apps on another device. */
  const open = async (options: Parameters<typeof browser.open>[1]) => {
    const person = await service.person();
    const visitor = new Visitor(service, service.url);
    await visitor.logIn(person);
    const notes = await openApp(service, visitor, "notes", "me items");
    await openApp(service, visitor, "shop");
    const page = await browser.open(`${service.url}/login`, options);
    await logIn(page, person.email);
    return { page, notes };
  };

  test("are shown with what they may do and where they were opened, and one is removed", async () => {
    const { page, notes } = await open({ viewport: { width: 1440, height: 900 } });
    const apps = panel(page, "Apps");
    const row = apps.getByRole("listitem").filter({ hasText: "Notes" });
    await row.getByText("Read your account").waitFor();
    await row.getByText(/Allowed \w+ \d+, \d+/).waitFor();
    await apps.getByText("Belongs to this service").waitFor();
    await panel(page, "Devices")
      .getByText(/Apps: (Notes, The Shop|The Shop, Notes)/)
      .waitFor();
    expect(await violations(page)).toEqual([]);
    const regions = await announced(page, () =>
      apps.getByRole("button", { name: "Remove Notes" }).press("Enter"),
    );
    await expect.poll(regions).toContain("Notes was removed and is logged out.");
    await expect.poll(() => focused(page)).toBe("Apps");
    await expect.poll(() => apps.getByRole("listitem").count()).toBe(1);
    await panel(page, "Recent events")
      .getByText(/Notes was removed/)
      .waitFor();
    expect(await service.query("me", notes.access_token)).toMatchObject({ status: 401 });
  });

  test("fit on a phone, in Japanese too", async () => {
    const { page } = await open({ viewport: { width: 320, height: 640 }, locale: "en-US" });
    await panel(page, "Apps").getByRole("listitem").first().waitFor();
    await expectNoSidewaysScrolling(page);
    await page.getByRole("button", { name: "日本語" }).click();
    await page.getByRole("button", { name: "Notes を削除" }).waitFor();
    await expectNoSidewaysScrolling(page);
  });
});
