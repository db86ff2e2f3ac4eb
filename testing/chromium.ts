/** Finds Chromium and starts it without any traffic of its own. */
import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, type BrowserServer, chromium } from "playwright-core";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
/** Takes a third of the processor time of a whole Chromium without a window. */
const HEADLESS_SHELL = "/usr/bin/chromium-headless-shell";

const find = (...paths: readonly string[]) =>
  [process.env["CHROMIUM"] ?? "", ...paths].find((path) => existsSync(path));

/** The path of the installed Chromium; undefined if there is none. */
export const executablePath = find(HEADLESS_SHELL, ...CHROMIUM);

const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--in-process-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const optionsFor = (path: string | undefined) => ({
  ...(path !== undefined && { executablePath: path }),
  args: ARGS,
});

/** Starts a browser for this process. */
export const launch = (): Promise<Browser> => chromium.launch(optionsFor(executablePath));

/** Starts a browser that other processes connect to by its `wsEndpoint()`. */
export const launchServer = (): Promise<BrowserServer> =>
  chromium.launchServer({ ...optionsFor(executablePath), host: "127.0.0.1" });

/** Starts a browser for this process with the settings in a profile folder. The headless shell reads none. */
export const launchWithProfile = (folder: string): Promise<BrowserContext> =>
  chromium.launchPersistentContext(folder, { ...optionsFor(find(...CHROMIUM)), locale: "en-US" });
