/** Every link of the documentation to a file of the repository leads to one, and to a heading of it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const documents = [".", "docs", "docs/decisions"].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name)),
);

const withoutSnippets = (text: string) => text.replaceAll(/^ *```[\s\S]*?^ *```/gm, "");

/** The anchors of a page's headings, as GitHub and VitePress make them of what the documentation has in headings. */
const anchorsOf = (path: string): readonly string[] =>
  [...withoutSnippets(readFileSync(path, "utf8")).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/\]\([^)]*\)/g, "")
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

/** Why a link leads nowhere. */
function problemOf(from: string, link: string): string | undefined {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? from : join(dirname(from), path);
  if (relative(".", target).startsWith("..") || !existsSync(target)) return "there is no such file";
  if (anchor === undefined || !target.endsWith(".md")) return undefined;
  return anchorsOf(target).includes(anchor) ? undefined : "there is no such heading";
}

test.each(documents)("every link of %s leads somewhere", (document) => {
  const text = withoutSnippets(readFileSync(document, "utf8")).replaceAll(/`[^`\n]*`/g, "");
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  const problems = links
    .filter((link) => !/^https?:/.test(link))
    .map((link) => ({ link, problem: problemOf(document, link) }));
  expect(problems.filter(({ problem }) => problem !== undefined)).toEqual([]);
});
