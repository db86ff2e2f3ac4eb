/** docs/security.md and docs/standards.md name the tests that hold what they say. Every one of them must exist. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";

/** A title in quotes in the last column of a table. */
interface Citation {
  /** The file's name up to its first dot. Several files can have it. */
  readonly word: string;
  readonly title: string;
  /** Whether the document says that the test does not exist yet. */
  readonly isMissing: boolean;
}

/** The text of all test files, by the word that a document calls them by. */
const sources = new Map<string, string>();
for (const folder of ["server", "db", "client", "testing"])
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".test.ts") || name.includes("node_modules")) continue;
    const word = basename(name).replace(/\..*/, "");
    sources.set(word, (sources.get(word) ?? "") + readFileSync(join(folder, name), "utf8"));
  }

/** The cells of every row of a table, without its head. */
const rowsOf = (document: string) =>
  readFileSync(document, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| ") && line.endsWith(" |"))
    .map((line) => line.slice(2, -2).split(" | "));

/** What a cell cites: `word: "title", "title"; word: "title"`. */
function citationsOf(cell: string): Citation[] {
  let word = "";
  let isMissing = false;
  return [...cell.matchAll(/(?:(\(missing\) )?([a-z0-9-]+): )?"([^"]+)"/g)].map(
    ([, missing, next, title = ""]) => {
      if (next !== undefined) {
        word = next;
        isMissing = missing !== undefined;
      }
      return { word, title, isMissing };
    },
  );
}

/** Whether a test file of that name contains the title as a string, as the name of a test or a row of its table. */
function exists({ word, title }: Citation): boolean {
  const source = sources.get(word) ?? "";
  const written = title.replaceAll("\\", "\\\\");
  return ['"', "'", "`"].some((quote) => source.includes(quote + written + quote));
}

describe.each([
  ["docs/security.md", 100],
  ["docs/standards.md", 200],
])("%s", (document, least) => {
  const citations = rowsOf(document).flatMap((cells) => citationsOf(cells.at(-1) ?? ""));

  test("names only tests that exist", () => {
    expect(citations.length).toBeGreaterThan(least);
    expect(citations.filter((one) => !one.isMissing && !exists(one))).toEqual([]);
  });

  test("calls no test missing that exists", () => {
    expect(citations.filter((one) => one.isMissing && exists(one))).toEqual([]);
  });
});

test("docs/standards.md counts its rows", () => {
  const counts: Record<string, number> = {};
  for (const row of rowsOf("docs/standards.md").filter(([section = ""]) =>
    /^[0-9]/.test(section),
  )) {
    const [, requirement = "", , cited = ""] = row;
    const text = row.join();
    const keyword = ["MUST", "SHOULD"].find((word) => requirement.includes(word)) ?? "none";
    const state = ["deviation (open)", "deviation"].find((word) => text.includes(`**${word}**`));
    for (const key of [keyword, `${keyword}, ${state ?? "met"}`])
      counts[key] = (counts[key] ?? 0) + 1;
    if (keyword === "MUST" && cited === "–")
      counts["MUST, no test"] = (counts["MUST, no test"] ?? 0) + 1;
  }
  expect(counts).toEqual({
    MUST: 111,
    "MUST, met": 93,
    "MUST, deviation": 17,
    "MUST, deviation (open)": 1,
    "MUST, no test": 8,
    SHOULD: 41,
    "SHOULD, met": 31,
    "SHOULD, deviation": 10,
    none: 6,
    "none, met": 5,
    "none, deviation": 1,
  });
});
