/** Takes the screenshots in `docs/images` of the built service: `npm run build && npx tsx testing/screenshots.ts`. */
import { mkdirSync } from "node:fs";
import type { BrowserContextOptions, Page } from "playwright-core";
import { launch } from "./chromium.ts";
import { freePort } from "./ports.ts";
import { run } from "./process.ts";

const EMAIL = "ada@example.com";
const PASSWORD = "correct horse battery";
const DESKTOP = { viewport: { width: 1024, height: 720 } };
const TALL = { viewport: { width: 1280, height: 1120 } };
const PHONE = { viewport: { width: 390, height: 720 } };
/** The screen, and how it is shown. */
const SCREENSHOTS: Record<string, [path: string, options: BrowserContextOptions]> = {
  login: ["/login", { ...DESKTOP, colorScheme: "light" }],
  account: ["/", { ...DESKTOP, colorScheme: "light" }],
  "account-phone": ["/", { ...PHONE, colorScheme: "dark" }],
  workbench: ["/workbench", { ...TALL, colorScheme: "dark" }],
};
/** The other devices of the account. */
const DEVICES = [
  "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1",
  "curl/8.9.1",
];

const service = run({ PORT: String(await freePort()) });
const [, url = ""] = await service.until(/listening on (\S+)$/m);
const browser = await launch();
mkdirSync("docs/images", { recursive: true });

const post = async (path: string, body: string, headers: Record<string, string>) => {
  const { ok, status } = await fetch(url + path, { method: "POST", body, headers });
  if (!ok) throw new Error(`${path} answered with status ${status}`);
};
const account = { email: EMAIL, password: PASSWORD, username: "ada", fullName: "Ada Lovelace" };
await post("/trpc/register", JSON.stringify(account), { "content-type": "application/json" });
const login = String(new URLSearchParams({ username: EMAIL, password: PASSWORD }));
for (const agent of DEVICES)
  await post("/token", login, {
    "content-type": "application/x-www-form-urlencoded",
    "user-agent": agent,
  });

const fill = async (page: Page) => {
  await page.getByLabel("Email or username").fill(EMAIL);
  await page.getByLabel("Password").fill(PASSWORD);
};

for (const [name, [path, options]] of Object.entries(SCREENSHOTS)) {
  const context = await browser.newContext({ locale: "en-US", ...options });
  const page = await context.newPage();
  await page.goto(url + (path === "/" ? "/login" : path));
  await fill(page);
  if (path !== "/login") await page.getByRole("button", { name: "Log in", exact: true }).click();
  if (path === "/") await page.getByText("This device").waitFor();
  if (path === "/workbench") {
    await page.getByRole("button", { name: "Get Me", exact: true }).click();
    await page.getByText('"fullName": "Ada Lovelace"').waitFor();
  }
  await page.mouse.move(0, 0);
  await page.evaluate("document.activeElement.blur(); scrollTo(0, 0)");
  await page.screenshot({ path: `docs/images/${name}.png` });
  await context.close();
}

await browser.close();
service.signal("SIGTERM");
await service.ended;
