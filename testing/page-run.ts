/** Runs the snippets of a page from top to bottom, as a reader would who follows the page. */
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { loadSettings } from "../server/environment.ts";
import { SETTINGS } from "../server/settings.ts";
import { parseSettingsFile } from "../server/settings-file.ts";
import { PageShell } from "./page-shell.ts";
import { freePort } from "./ports.ts";
import { MATCHES } from "./snippet-output.ts";
import { placeOf, type Snippet, snippetsOf } from "./snippets.ts";

/** The port of Tegata on every page. */
const TEGATA = "3000";
/** Debian has the version before, whose functions are the same. */
export const DEBIAN_GO_OIDC = [
  "github.com/coreos/go-oidc/v3/oidc",
  "github.com/coreos/go-oidc",
] as const;

/** A run of the snippets of one page. */
export class PageRun {
  readonly snippets: readonly Snippet[];
  /** The free port that stands for each port of the page. */
  readonly #ports = new Map<string, string>();
  #shell!: PageShell;

  constructor(page: string) {
    this.snippets = snippetsOf(page);
  }

  /** Opens a shell, and starts Tegata if the page uses it and does not start it itself. */
  async start(): Promise<void> {
    const text = this.snippets.map((snippet) => snippet.text).join("");
    const ports = new Set([...text.matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port = ""]) => port));
    for (const port of [TEGATA, ...ports]) this.#ports.set(port, String(await freePort()));
    const port = this.#portOf(TEGATA);
    this.#shell = new PageShell({ PORT: port });
    const startsTegata = this.snippets.some(({ flags }) => flags["background"] === TEGATA);
    if (startsTegata || !/127\.0\.0\.1:3000|\btegata /.test(text)) return;
    await this.#shell.startTegata();
  }

  /** Ends what the page has started. */
  async stop(): Promise<void> {
    await this.#shell?.end();
  }

  /** Runs a snippet, or compares it with what came back. @throws if it fails */
  async run(snippet: Snippet): Promise<void> {
    const { language, flags, file, line } = snippet;
    const text = this.#withRealPorts(snippet.text.replaceAll(...DEBIAN_GO_OIDC));
    if (flags["from"] !== undefined) return expectExcerpt(snippet);
    if (file !== undefined) this.#shell.write(file, text);
    else if (MATCHES[language]) return this.#compare(snippet);
    switch (language) {
      case "sh":
        return this.#command(text, flags);
      case "ts":
        if (file === undefined) this.#shell.write(`line-${line}.ts`, text);
        await this.#command("tsc -p . --noEmit");
        return file === undefined ? this.#command(`tsx line-${line}.ts`) : undefined;
      case "dotenv":
        return expectSettings(text);
      case "json":
        return void JSON.parse(text);
      default:
        // A later command uses the file: `npx vitest run snippets` checks that.
        expect(file, `${placeOf(snippet)} is not run`).toBeDefined();
    }
  }

  async #compare({ page, line, language, text }: Snippet): Promise<void> {
    // A program that runs in the background may not have printed all of it yet.
    const seen = () => {
      const printed = this.#withShownPorts(this.#shell.printed);
      return MATCHES[language]?.(text, printed) ? text : printed;
    };
    await expect.poll(seen, { message: `${page}:${line}` }).toBe(text);
  }

  async #command(text: string, flags: Snippet["flags"] = {}): Promise<void> {
    const { background, exit = "0" } = flags;
    if (background === TEGATA) {
      await this.#shell.startTegata(text);
    } else if (background !== undefined) {
      await this.#shell.startInBackground(text, this.#portOf(background));
    } else {
      const code = await this.#shell.run(text);
      expect(code, `the exit code of\n${text}\n${this.#shell.printed}`).toBe(Number(exit));
    }
  }

  #portOf(port: string): string {
    return this.#ports.get(port) ?? port;
  }

  #withRealPorts(text: string): string {
    return [...this.#ports].reduce((one, [shown, real]) => replaceWord(one, shown, real), text);
  }

  #withShownPorts(text: string): string {
    return [...this.#ports].reduce((one, [shown, real]) => replaceWord(one, real, shown), text);
  }
}

const replaceWord = (text: string, word: string, other: string) =>
  text.replaceAll(new RegExp(`\\b${word}\\b`, "g"), other);

/** Expects that the file of `from=`, which another test runs, has the lines of a snippet, whatever their indentation. */
export function expectExcerpt(snippet: Snippet): void {
  const file = snippet.flags["from"] ?? "";
  const lines = (text: string) => text.split("\n").map((line) => line.trim());
  const [wanted, given] = [lines(snippet.text.trim()), lines(readFileSync(file, "utf8"))];
  const isThere = given.some((_, at) => wanted.every((line, index) => given[at + index] === line));
  expect(isThere, `${placeOf(snippet)} is not in ${file}`).toBe(true);
}

/** Expects that the service would start with a settings file. */
function expectSettings(text: string): void {
  const keys = Object.values(SETTINGS).map(({ key }) => key);
  const file = parseSettingsFile(text, keys);
  expect(file).toMatchObject({ is: "read" });
  if (file.is === "read") expect(loadSettings(file.values)).toMatchObject({ is: "settings" });
}
