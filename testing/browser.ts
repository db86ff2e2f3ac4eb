/** A real browser for the tests of the pages: each page is watched for everything that it must not do. */
import axe, { type AxeResults } from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { executablePath, launch } from "./chromium.ts";

if (!executablePath) {
  if (process.env["CI"])
    throw new Error("chromium is missing: the tests of CI must run in a browser too");
  console.warn("\n  chromium is not installed: the pages are not tested. CHROMIUM may name it.\n");
}

/** Whether there is a browser to test with. CI must have one. */
export const hasBrowser = executablePath !== undefined;

/** What the console says of an answer that a test asked for: a refusal, or none at all. */
const ASKED_FOR =
  /^Failed to load resource: (the server responded with a status of (400|401|409|503)|net::ERR_(INTERNET_DISCONNECTED|FAILED))/;

/** The browser of one test file, and what its pages did wrong. */
export class Window {
  readonly #complaints: string[] = [];
  #browser: Browser | undefined;

  async start(): Promise<void> {
    this.#browser = await launch();
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
  }

  /** Opens a page in a profile of its own, and watches it and its sister pages. */
  async open(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    if (!this.#browser) throw new Error("the browser has not been started");
    const context = await this.#browser.newContext({ locale: "en-US", ...options });
    context.on("page", (page) => this.#watch(page, new URL(url).origin));
    const page = await context.newPage();
    await page.goto(url);
    return page;
  }

  /** Closes all pages. @returns what they said to the console, and which other origins they asked. */
  async complaints(): Promise<string[]> {
    await Promise.all(this.#browser?.contexts().map((context) => context.close()) ?? []);
    return this.#complaints.splice(0);
  }

  #watch(page: Page, origin: string): void {
    page.on("console", (message) => {
      if (message.type() !== "error" && message.type() !== "warning") return;
      if (!ASKED_FOR.test(message.text())) this.#complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.#complaints.push(String(error)));
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== origin) this.#complaints.push(request.url());
    });
  }
}

/** A browser for the tests of one file. */
export function useBrowser(): Window {
  const window = new Window();
  beforeAll(() => window.start());
  afterAll(() => window.stop());
  return window;
}

/** What axe finds wrong with a page, as it is now. */
export async function violations(page: Page): Promise<string[]> {
  // Through the debugger's protocol, which the page's content security policy does not bind.
  await page.evaluate(axe.source);
  const results = await page.evaluate<AxeResults>("axe.run()");
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary}`),
  );
}

/** Expects that nothing of a page is beside the window. */
export async function expectNoSidewaysScrolling(page: Page): Promise<void> {
  const beside = await page.evaluate<number>(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
  expect(beside).toBe(0);
}
