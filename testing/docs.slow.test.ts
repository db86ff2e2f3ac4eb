/** Every snippet of every page runs, unless another test opens the page. See `PageRun` for what is done with each language. */
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, test } from "vitest";
import { PageRun } from "./page-run.ts";
import { ownTestsOf } from "./snippet-claims.ts";
import { PAGES, snippetsOf } from "./snippets.ts";

const PROGRAMS = ["curl", "go", "jq", "nginx", "python3"];

/** The programs that a page calls and that are not installed. */
function missing(page: string): readonly string[] {
  const commands = snippetsOf(page).filter(({ language }) => language === "sh");
  const names = PROGRAMS.filter((name) =>
    commands.some(({ text }) =>
      new RegExp(`^${name} |\\$\\(${name} |\\| ${name} `, "m").test(text),
    ),
  );
  return names.filter(
    (name) => !["/usr/bin", "/usr/sbin"].some((path) => existsSync(`${path}/${name}`)),
  );
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

    test.skipIf(absent.length > 0).each(run.snippets)("line $line: $language", (snippet) =>
      run.run(snippet),
    );
  },
);
