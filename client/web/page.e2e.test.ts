import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { hasBrowser } from "../../testing/browser.ts";
import { ENGINES } from "../../testing/engines.ts";
import { testPage } from "../../testing/page-tests.ts";

describe.runIf(hasBrowser).each(ENGINES.slice(0, 1))("the page on $name", testPage);

describe("the build", () => {
  const folder = "dist/web";
  test("has at most 60 kB of script on the page", () => {
    const html = readFileSync(`${folder}/index.html`, "utf8");
    const scripts = [...html.matchAll(/"(\.\/assets\/[^"]+\.js)"/g)].map(([, path = ""]) => path);
    expect(scripts.length).toBeGreaterThan(0);
    const sizes = scripts.map((path) => gzipSync(readFileSync(join(folder, path))).length);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(60_000);
  });

  test.each(["index.html", "docs.html"])(
    "%s has no inline code, and all its assets exist",
    (name) => {
      const html = readFileSync(`${folder}/${name}`, "utf8");
      expect(html).not.toMatch(/<style|style=|<script(?![^>]* src=)|\bon\w+=|data:/);
      const wanted = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path);
      expect(wanted.length).toBeGreaterThan(2);
      for (const path of wanted) {
        // Relative, so that the pages work under any path.
        expect(path).toMatch(/^\.\/assets\//);
        expect(readFileSync(join(folder, path ?? "")).length).toBeGreaterThan(0);
      }
    },
  );
});
