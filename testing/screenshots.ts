/** Takes the screenshots in `docs/images` of the built service: `npm run build && npx tsx testing/screenshots.ts`. */
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import type { BrowserContextOptions, Page } from "playwright-core";
import { launch } from "./chromium.ts";
import { freePort } from "./ports.ts";
import { emptyFolder, run, urlOf } from "./process.ts";

const EMAIL = "ada@example.com";
const PASSWORD = "correct horse battery";
const DESKTOP = { viewport: { width: 1024, height: 720 } };
const TALL = { viewport: { width: 1280, height: 1120 } };
const PHONE = { viewport: { width: 390, height: 720 } };
/** An application of somebody else, and its authorization request. */
const APP = "https://notes.example.com/callback";
const CLIENT = ["clients", "add", "notes", "--public", "--name", "Notes", "--redirect-uris", APP];
const GRANTS = ["--grants", "authorization_code refresh_token", "--scopes", "openid email"];
const REQUEST = new URLSearchParams({
  response_type: "code",
  client_id: "notes",
  redirect_uri: APP,
  scope: "openid email",
  code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  code_challenge_method: "S256",
});
/** The screen, and how it is shown. The account has the application because the page before asked for consent. */
const SCREENSHOTS: Record<string, [path: string, options: BrowserContextOptions]> = {
  login: ["/login", { ...DESKTOP, colorScheme: "light" }],
  consent: [`/authorize?${REQUEST}`, { ...DESKTOP, colorScheme: "light" }],
  account: ["/", { viewport: { width: 1024, height: 1140 }, colorScheme: "light" }],
  "account-phone": ["/", { ...PHONE, colorScheme: "dark" }],
  workbench: ["/workbench", { ...TALL, colorScheme: "dark" }],
};
/** The other devices of the account. */
const DEVICES = [
  "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1",
  "curl/8.9.1",
];

const cwd = emptyFolder();
const service = run({ PORT: String(await freePort()) }, { cwd });
const url = await urlOf(service);
const cli = [resolve("dist/server/cli/index.js"), ...CLIENT, ...GRANTS];
await run({}, { cwd, args: cli }).until(/notes/);
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

/** Waits until the page shows what belongs in the screenshot. */
const READY: Record<string, (page: Page) => Promise<unknown>> = {
  consent: (page) => page.getByRole("button", { name: "Allow" }).waitFor(),
  account: (page) => page.getByText(/Notes was allowed/).waitFor(),
  "account-phone": (page) => page.getByText("This device", { exact: true }).waitFor(),
  workbench: async (page) => {
    await page.getByRole("button", { name: "Get Me", exact: true }).click();
    await page.getByText('"fullName": "Ada Lovelace"').waitFor();
  },
};

for (const [name, [path, options]] of Object.entries(SCREENSHOTS)) {
  const context = await browser.newContext({ locale: "en-US", ...options });
  const page = await context.newPage();
  await page.goto(url + (path === "/" ? "/login" : path));
  await fill(page);
  if (path !== "/login") await page.getByRole("button", { name: "Log in", exact: true }).click();
  await READY[name]?.(page);
  await page.mouse.move(0, 0);
  await page.evaluate("document.activeElement.blur(); scrollTo(0, 0)");
  await page.screenshot({ path: `docs/images/${name}.png` });
  if (name === "consent") {
    await page.route(`${APP}**`, (route) => route.fulfill({ body: "Notes" }));
    await page.getByRole("button", { name: "Allow" }).click();
    await page.waitForURL(`${APP}**`);
  }
  await context.close();
}

await browser.close();
service.signal("SIGTERM");
await service.ended;
