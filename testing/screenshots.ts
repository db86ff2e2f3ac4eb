/** Takes the screenshots in `docs/images` of the built service: `npm run build && npx tsx testing/screenshots.ts`. */
import { mkdirSync } from "node:fs";
import type { BrowserContextOptions } from "playwright-core";
import { launch } from "./chromium.ts";
import { freePort } from "./ports.ts";
import { run } from "./process.ts";

const PASSWORD = "correct horse battery";
const DESKTOP = { viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1.5 };
const PHONE = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 1.5 };
const SCREENSHOTS: Record<string, BrowserContextOptions> = {
  page: { ...DESKTOP, colorScheme: "light" },
  "page-dark": { ...DESKTOP, colorScheme: "dark" },
  "page-phone": { ...PHONE, colorScheme: "light" },
};

const service = run({ PORT: String(await freePort()) });
const [, url = ""] = await service.until(/listening on (\S+)$/m);
const browser = await launch();
mkdirSync("docs/images", { recursive: true });

const register = await fetch(`${url}/trpc/register`, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ email: "ada@example.com", password: PASSWORD, fullName: "Ada Lovelace" }),
});
if (!register.ok) throw new Error(`the registration failed with status ${register.status}`);

for (const [name, options] of Object.entries(SCREENSHOTS)) {
  const context = await browser.newContext({ locale: "en-US", ...options });
  const page = await context.newPage();
  await page.goto(url);
  const take = (part: string) =>
    page.screenshot({ path: `docs/images/${name}${part}.png`, fullPage: part === "" });
  if (name === "page") await take("-login");
  await page.getByLabel("Email or username").fill("ada@example.com");
  await page.getByLabel("Password").first().fill(PASSWORD);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("button", { name: "Get Me" }).click();
  await page.getByText('"fullName": "Ada Lovelace"').waitFor();
  if (name === "page")
    for (const title of ["A lantern", "A straw hat", "Two sandals"]) {
      await page.getByLabel("Title").fill(title);
      await page.getByRole("button", { name: "Add" }).click();
      await page.getByText(`Added: ${title}`).waitFor();
    }
  await page.getByRole("button", { name: "Get Items" }).click();
  await page.getByText("Two sandals", { exact: true }).waitFor();
  await page.mouse.move(0, 0);
  await take("");
  await context.close();
}

await browser.close();
service.signal("SIGTERM");
await service.ended;
