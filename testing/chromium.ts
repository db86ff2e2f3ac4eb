/** Finds Chromium and starts it without any traffic of its own. */
import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, type BrowserServer, chromium } from "playwright-core";

/** The path of the installed Chromium; undefined if there is none. */
export const executablePath = [
  process.env["CHROMIUM"] ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].find((path) => existsSync(path));

const OPTIONS = {
  ...(executablePath !== undefined && { executablePath }),
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--in-process-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};

/** Starts a browser for this process. */
export const launch = (): Promise<Browser> => chromium.launch(OPTIONS);

/** Starts a browser that other processes connect to by its `wsEndpoint()`. */
export const launchServer = (): Promise<BrowserServer> =>
  chromium.launchServer({ ...OPTIONS, host: "127.0.0.1" });

/** Starts a browser for this process with the settings in a profile folder. */
export const launchWithProfile = (folder: string): Promise<BrowserContext> =>
  chromium.launchPersistentContext(folder, { ...OPTIONS, locale: "en-US" });
