/** No snippet of the documentation is left out: each has a test that runs it, or compares it with what came back. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { emptyFolder } from "./process.ts";
import { ownTestsOf } from "./snippet-claims.ts";
import { MATCHES } from "./snippet-output.ts";
import { PAGES, placeOf, type Snippet, snippetsOf } from "./snippets.ts";

/** What `docs.slow.test.ts` does something with, without knowing the page. */
const RUN = ["sh", "ts", "dotenv", "json"];

function problemOf({ page, language, file, flags, text }: Snippet): string | undefined {
  const flag = Object.keys(flags).find((name) => !["background", "exit", "from"].includes(name));
  if (flag !== undefined) return `the flag ${flag} is not one`;
  if (flags["from"] !== undefined) return existsSync(flags["from"]) ? undefined : "from no file";
  if (RUN.includes(language) || MATCHES[language]) return undefined;
  // Python imports a module by its name without the ending.
  const name = file?.replace(/\.\w+$/, "") ?? text;
  const isUsed = snippetsOf(page).some((one) => one.language === "sh" && one.text.includes(name));
  return isUsed ? undefined : `nothing runs ${language || "no language"}:\n${text}`;
}

test.each(PAGES)("every snippet of %s is run by a test", (page) => {
  if (ownTestsOf(page).length > 0) return;
  const problems = snippetsOf(page).map((one) => ({
    place: placeOf(one),
    problem: problemOf(one),
  }));
  expect(problems.filter(({ problem }) => problem !== undefined)).toEqual([]);
});

test("a snippet has its language, flags and file", () => {
  const page = join(emptyFolder(), "page.md");
  const fence = "```";
  writeFileSync(
    page,
    `# Page\n\n${fence}sh background=4000\na\n\nb\n${fence}\n\n- item\n  ${fence}ts [a b.ts]\n  c\n    d\n  ${fence}\n`,
  );
  const sh = { page, line: 3, language: "sh", flags: { background: "4000" } };
  expect(snippetsOf(page)).toEqual([
    { ...sh, file: undefined, text: "a\n\nb\n" },
    { page, line: 10, language: "ts", flags: {}, file: "a b.ts", text: "c\n  d\n" },
  ]);
});

describe("what is shown", () => {
  const ISO = "2026-11-28T12:00:00.000Z";
  test.each([
    ["text", "same", "same", true],
    ["text", "same", "other", false],
    ["text", "a … c", "a b c", true],
    ["text", "a\n…\nc", "a\nb\nb\nc", true],
    ["text", "a … c", "a b\nc", false],
    ["text", "at 1795900000000", "at 1795900000001", true],
    ["text", "id 12", "id 13", false],
    ["json", '{ "a": 1 }', '{"a":1}', true],
    ["json", '{ "a": 1 }', '{"a":1,"b":2}', false],
    ["json", '{ "a": 1, "b": 2 }', '{"a":1}', false],
    ["json", '{ "a": 1 }', '{"a":"1"}', false],
    ["json", '{ "a": "ey…" }', '{"a":"eyJ"}', true],
    ["json", '{ "a": "…" }', '{"a":[1]}', true],
    ["json", '{ "a": [1] }', '{"a":[1,2]}', false],
    ["json", '{ "a": 1795900000 }', '{"a":1795900001}', true],
    ["json", `{ "a": "${ISO}" }`, '{"a":"2026-11-28T13:00:00.000Z"}', true],
    ["http", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\nA: b\r\n\r\n", true],
    ["http", "HTTP/1.1 200 OK\nA: c", "HTTP/1.1 200 OK\r\nA: b\r\n\r\n", false],
    ["http", "A: b", "HTTP/1.1 200 OK\r\nA: b\r\n\r\n", false],
    [
      "http",
      'HTTP/1.1 401 Unauthorized\n\n{ "a": 1 }',
      'HTTP/1.1 401 Unauthorized\r\n\r\n{"a":2}',
      false,
    ],
  ])("as %s, %j is %j: %s", (language, shown, text, isSame) => {
    expect(MATCHES[language]?.(shown, text)).toBe(isSame);
  });
});
