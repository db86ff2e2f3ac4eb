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

/** The cells of every row of the tables in a text. */
const rowsOf = (text: string) =>
  text
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
  const citations = rowsOf(readFileSync(document, "utf8")).flatMap((cells) =>
    citationsOf(cells.at(-1) ?? ""),
  );

  test("names only tests that exist", () => {
    expect(citations.length).toBeGreaterThan(least);
    expect(citations.filter((one) => !one.isMissing && !exists(one))).toEqual([]);
  });

  test("calls no test missing that exists", () => {
    expect(citations.filter((one) => one.isMissing && exists(one))).toEqual([]);
  });
});

test("every line of docs/security.md that says what is done names a test", () => {
  const text = readFileSync("docs/security.md", "utf8");
  const claims = rowsOf(text.replace(/## Requirements not met.*?(?=\n## )/s, "")).filter(
    ([id = ""]) => /^([A-Z]|\d+\.\d+\.)\d+$/.test(id),
  );
  expect(claims.length).toBeGreaterThan(150);
  expect(claims.filter((cells) => citationsOf(cells.at(-1) ?? "").length === 0)).toEqual([]);
});

test("docs/standards.md counts its rows", () => {
  const text = readFileSync("docs/standards.md", "utf8");
  const rows = rowsOf(text)
    .filter(([section = ""]) => /^[0-9]/.test(section))
    .map((cells) => ({
      keyword: ["MUST", "SHOULD"].find((word) => cells[1]?.includes(word)) ?? "none",
      state:
        ["deviation (open)", "deviation"].find((word) => cells.join().includes(`**${word}**`)) ??
        "met",
      cited: cells.at(-1),
    }));
  const count = (wanted: Partial<(typeof rows)[number]>) =>
    rows.filter((row) =>
      Object.entries(wanted).every(([key, value]) => row[key as keyof typeof row] === value),
    ).length;
  const states = (keyword: string) =>
    ["met", "deviation", "deviation (open)"].map((state) => count({ keyword, state }));
  const head = text.replaceAll("\n", " ");
  const [met, deviations, open] = states("MUST");
  expect(head).toContain(
    `There are ${count({ keyword: "MUST" })} rows with MUST or MUST NOT: ${met} are met, ${deviations} are deviations, ${open} is open.`,
  );
  const [metShould, deviationsShould] = states("SHOULD");
  expect(head).toContain(
    `There are ${count({ keyword: "SHOULD" })} rows with SHOULD or SHOULD NOT: ${metShould} are met, ${deviationsShould} are deviations, none is open.`,
  );
  const [metOther, deviationsOther] = states("none");
  expect(head).toContain(
    `${count({ keyword: "none" })} rows have no keyword: ${metOther} are met, ${deviationsOther} is a deviation.`,
  );
  expect(head).toContain(`${count({ keyword: "MUST", cited: "–" })} rows with MUST have no test:`);
});
