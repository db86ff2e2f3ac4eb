/** A real browser for the tests of the pages. It records everything that a page must not do. */
import { readFileSync } from "node:fs";
import type { Result } from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** The WebSocket endpoint of the browser server; null if no browser is installed. */
    browser: string | null;
  }
}

const AXE = readFileSync("node_modules/axe-core/axe.min.js", "utf8");

const endpoint = inject("browser");
if (endpoint === undefined)
  throw new Error("Only the e2e project has a browser: name this file *.e2e.test.ts.");

/** Whether a browser is installed. In CI one always is. */
export const hasBrowser = endpoint !== null;

/** Console messages about a response that a test provokes: an error status, or no response at all. */
const PROVOKED =
  /^Failed to load resource: (the server responded with a status of (400|401|403|409|429|503)|net::ERR_(INTERNET_DISCONNECTED|FAILED))/;

/** The browser contexts of one test file, and the complaints about their pages. */
export class BrowserSession {
  readonly #complaints: string[] = [];
  #browser: Browser | undefined;

  async start(): Promise<void> {
    this.#browser = await chromium.connect(endpoint ?? "");
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
  }

  /** Opens a page in a new browser context. Records the complaints about every page of that context. */
  async open(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    if (!this.#browser) throw new Error("the browser session has not been started");
    const context = await this.#browser.newContext({ locale: "en-US", ...options });
    context.on("page", (page) => this.#watch(page, new URL(url).origin));
    const page = await context.newPage();
    await page.goto(url);
    return page;
  }

  /**
   * Closes all pages.
   * @returns the errors and warnings of their consoles, and the URLs that they requested from other origins.
   */
  async complaints(): Promise<string[]> {
    await Promise.all(this.#browser?.contexts().map((context) => context.close()) ?? []);
    return this.#complaints.splice(0);
  }

  #watch(page: Page, origin: string): void {
    page.on("console", (message) => {
      if (message.type() !== "error" && message.type() !== "warning") return;
      if (!PROVOKED.test(message.text())) this.#complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.#complaints.push(String(error)));
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== origin) this.#complaints.push(request.url());
    });
  }
}

/** Starts a browser session before the tests of a `describe`, and stops it after them. */
export function useBrowser(): BrowserSession {
  const session = new BrowserSession();
  beforeAll(() => session.start());
  afterAll(() => session.stop());
  return session;
}

/** Runs axe on the current state of a page. @returns one line for each element that violates a rule. */
export async function violations(page: Page): Promise<string[]> {
  // evaluate() uses the debugger protocol, to which the content security policy of the page does not apply.
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(AXE);
  // The whole result also has every element that violates no rule.
  const violated = await page.evaluate<Result[]>(
    "axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations)",
  );
  return violated.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary}`),
  );
}

/** Expects that the page is no wider than its window. */
export async function expectNoSidewaysScrolling(page: Page): Promise<void> {
  const overflow = await page.evaluate<number>(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
  expect(overflow).toBe(0);
}
