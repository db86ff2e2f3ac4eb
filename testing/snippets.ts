/** The fenced code blocks of the documentation. A test takes each from its page, so that what is tested is what is read. */
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, expect } from "vitest";

/** A fenced code block of a page. */
export interface Snippet {
  readonly page: string;
  /** The line of its first fence, from 1. */
  readonly line: number;
  /** The first word after the fence; empty if there is none. */
  readonly language: string;
  /** The other words after the fence: `background=4000` is `{ background: "4000" }`. */
  readonly flags: Readonly<Record<string, string>>;
  /** The name of the file that it shows: `[server.ts]` after the fence. */
  readonly file: string | undefined;
  /** What is between the fences, with a line end after each line. */
  readonly text: string;
}

/** Every page that can have snippets. The decisions explain the code and have none. */
export const PAGES: readonly string[] = [
  "README.md",
  ...readdirSync("docs")
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

/** Reads the snippets of a page, from top to bottom. */
export function snippetsOf(page: string): readonly Snippet[] {
  const snippets: Snippet[] = [];
  const text = readFileSync(page, "utf8");
  for (const match of text.matchAll(/^( *)(`{3,}|~{3,})(.*)\n([\s\S]*?)^\1\2 *$/gm)) {
    const [, indent = "", , info = "", body = ""] = match;
    const [language = "", ...words] = info
      .replace(/\[.*\]/, "")
      .trim()
      .split(/ +/);
    snippets.push({
      page,
      line: text.slice(0, match.index).split("\n").length,
      language,
      flags: Object.fromEntries(words.map((word) => `${word}=`.split("=").slice(0, 2))),
      file: info.match(/\[(.*)\]/)?.[1],
      text: body.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
    });
  }
  return snippets;
}

/** `docs/verify.md:12` */
export const placeOf = ({ page, line }: Snippet): string => `${page}:${line}`;

/**
 * Opens a page whose snippets a test runs itself. After the tests of the file or `describe` it fails if one was not taken.
 * `npx vitest run snippets` checks that a page with snippets that `docs.slow.test.ts` cannot run is opened by a test.
 */
export function openPage(page: string) {
  const left = [...snippetsOf(page)];
  afterAll(() => expect(left.map(placeOf), "snippets that no test has taken").toEqual([]));
  return {
    /** Takes the next snippet. @throws if its language is another one */
    take(language: string): Snippet {
      const snippet = left.shift();
      if (snippet?.language !== language)
        throw new Error(`${page} has no ${language} next, but ${snippet && placeOf(snippet)}`);
      return snippet;
    },
  };
}
