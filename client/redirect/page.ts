/** The page of the browser, which redirects leave and come back to. */
import type { WebStorage } from "../store.ts";

/** The parts of a browser that a redirect needs. */
interface Page {
  location: { href: string; origin: string; assign(url: string): void; reload(): void };
  history: { replaceState(data: null, unused: "", url: string): void };
  sessionStorage: WebStorage;
  addEventListener(type: "pageshow", listener: (event: { persisted: boolean }) => void): void;
}

const isPage = (scope: object): scope is Page =>
  "location" in scope && "history" in scope && "sessionStorage" in scope;

/** @throws {TypeError} outside a browser */
export function page(): Page {
  const scope: object = globalThis;
  if (isPage(scope)) return scope;
  throw new TypeError("a login by redirects needs a browser");
}

/** Leaves this page. The Back button may show it as it was left, where it would wait for ever. */
export function leaveFor(to: string): Promise<never> {
  const { location } = page();
  page().addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
  location.assign(to);
  return new Promise<never>(() => undefined);
}

/** @throws {TypeError} if the URL is not of this origin: a page must not be a way to any other */
export function ofThisOrigin(href: string): string {
  const { location } = page();
  const url = new URL(href, location.href);
  if (url.origin !== location.origin) throw new TypeError("returnTo must be a URL of this origin");
  return url.href;
}
