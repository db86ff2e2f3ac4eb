/** Every snippet of every page runs, unless another test opens the page. See `PageRun` for what is done with each language. */
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, test } from "vitest";
import { PageRun } from "./page-run.ts";
import { ownTestsOf } from "./snippet-claims.ts";
import { PAGES, snippetsOf } from "./snippets.ts";

const MODULES = "/usr/lib/python3/dist-packages";
/** The programs that pages call, and the files that show that each is installed with its libraries. */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  curl: ["/usr/bin/curl"],
  go: ["/usr/bin/go", "/usr/share/gocode/src/github.com/coreos/go-oidc"],
  jq: ["/usr/bin/jq"],
  promtool: ["/usr/bin/promtool"],
  python3: [
    "/usr/bin/python3",
    ...["fastapi", "jwt", "uvicorn"].map((name) => `${MODULES}/${name}`),
  ],
};

/** The programs that a page calls and that are not installed. */
function missing(page: string): readonly string[] {
  const snippets = snippetsOf(page);
  const commands = snippets.filter(({ language }) => language === "sh").map(({ text }) => text);
  const isCalled = (name: string) =>
    commands.some((text) => new RegExp(`(^|\\$\\(|\\| )${name} `, "m").test(text));
  const absent = Object.entries(PROGRAMS).filter(
    ([, files]) => !files.every((file) => existsSync(file)),
  );
  return absent.map(([name]) => name).filter(isCalled);
}

describe.each(PAGES.filter((page) => ownTestsOf(page).length === 0 && snippetsOf(page).length > 0))(
  "%s",
  (page) => {
    const absent = missing(page);
    if (absent.length > 0 && process.env["CI"])
      throw new Error(`${absent} are not installed. CI must run every page.`);
    const run = new PageRun(page);
    beforeAll(() => absent.length > 0 || run.start());
    afterAll(() => run.stop());

    // A snippet can call several programs, and each takes a while to start.
    test.skipIf(absent.length > 0).each(run.snippets)(
      "line $line: $language",
      (snippet) => run.run(snippet),
      180_000,
    );
  },
);
