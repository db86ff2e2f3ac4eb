/** The site of the documentation: every link leads somewhere, and nothing comes from another host. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectNoSidewaysScrolling, hasBrowser, useBrowser } from "./browser.ts";

const SITE = "docs/.vitepress/dist";
const isInstalled = existsSync("docs/node_modules");
if (!isInstalled && process.env["CI"])
  throw new Error("VitePress is not installed. CI must build the site: npm ci --prefix docs");

const TYPES: Partial<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".png": "image/png",
};

/** What an attribute has in a page. */
const valuesOf = (attribute: string, html: string): readonly string[] =>
  [...html.matchAll(new RegExp(`<(?:a|img|link|script)\\b[^>]* ${attribute}="([^"]*)"`, "g"))].map(
    ([, value = ""]) => value.replaceAll("&amp;", "&"),
  );

describe.runIf(isInstalled)("the site", () => {
  let pages: readonly string[] = [];
  beforeAll(() => {
    execFileSync("npm", ["run", "docs"], { stdio: "pipe" });
    pages = readdirSync(SITE, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".html"),
    );
  }, 180_000);

  /** Why a link of a page leads nowhere. */
  function problemOf(page: string, link: string): string | undefined {
    const { origin, pathname, hash } = new URL(link, `http://site/${page}`);
    if (origin !== "http://site") return undefined;
    const path = join(SITE, decodeURI(pathname === "/" ? "/index.html" : pathname));
    const file = existsSync(path) ? path : `${path}.html`;
    if (!existsSync(file) || statSync(file).isDirectory()) return "there is no such file";
    const id = decodeURIComponent(hash.slice(1));
    if (id === "" || readFileSync(file, "utf8").includes(` id="${id}"`)) return undefined;
    return "there is no such heading";
  }

  test("has a page for each page of docs, and each decision", () => {
    const written = [...readdirSync("docs"), ...readdirSync("docs/decisions")];
    const count = written.filter((name) => name.endsWith(".md")).length;
    expect(pages.filter((name) => name !== "404.html")).toHaveLength(count);
  });

  test("has no link that leads nowhere", () => {
    const problems = pages.flatMap((page) =>
      valuesOf("href", readFileSync(join(SITE, page), "utf8"))
        .map((link) => ({ page, link, problem: problemOf(page, link) }))
        .filter(({ problem }) => problem !== undefined),
    );
    expect(problems).toEqual([]);
  });

  describe.runIf(hasBrowser)("in a browser", () => {
    const browser = useBrowser();
    let server: Server;
    let url = "";
    beforeAll(async () => {
      server = createServer(({ url: path = "/" }, res) => {
        const name = join(SITE, decodeURI(path === "/" ? "/index.html" : path));
        if (!existsSync(name)) return res.writeHead(404).end();
        res.writeHead(200, { "content-type": TYPES[extname(name)] ?? "text/plain" });
        res.end(readFileSync(name));
      }).listen(0, "127.0.0.1");
      await new Promise((resolve) => server.once("listening", resolve));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterAll(() => server.close());

    test("fits narrow and wide windows, and asks no other host", async () => {
      const page = await browser.open(url);
      for (const name of pages.filter((one) => !one.includes("/") && one !== "404.html")) {
        await page.goto(`${url}/${name}`);
        await page.getByRole("heading", { level: 1 }).first().waitFor();
        for (const width of [390, 1440]) {
          await page.setViewportSize({ width, height: 900 });
          await expectNoSidewaysScrolling(page);
        }
      }
      expect(await browser.complaints()).toEqual([]);
    });

    test("finds a word, and asks no other host", async () => {
      const page = await browser.open(`${url}/quickstart.html`);
      await page.getByRole("button", { name: "Search" }).first().click();
      await page.getByRole("searchbox").fill("introspection");
      await page.getByRole("option").first().click();
      await page.waitForURL(/html#/);
      expect(await browser.complaints()).toEqual([]);
    });
  });
});
