/** docs/own-procedure.md: whoever follows it, in a copy of the checkout, has procedures that work. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openPage, placeOf, type Snippet } from "./snippets.ts";

const page = openPage("docs/own-procedure.md");
const folder = mkdtempSync(join(tmpdir(), "tegata-copy-"));

beforeAll(() => {
  const files = execFileSync("git", ["ls-files", "-z"], { encoding: "utf8" }).split("\0");
  for (const file of files.filter(Boolean)) cpSync(file, join(folder, file));
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Changes a file as a `diff` shows it: the other lines of it must be in the file, and `…` stands for a part of one. */
function applyDiff(diff: string, source: string): string {
  const lines = diff.trimEnd().split("\n");
  const side = (sign: string) =>
    lines.filter((line) => !line.startsWith(sign)).map((line) => line.slice(1));
  const before = side("+")
    .join("\n")
    .replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const pattern = new RegExp(`^${before.replaceAll("…", "(.*)")}$`, "gm");
  expect(source.match(pattern), "the place to change").toHaveLength(1);
  return source.replace(pattern, (_, captured: string | number) =>
    side("-").join("\n").replace("…", String(captured)),
  );
}

function follow(snippet: Snippet): void {
  const { language, file, text } = snippet;
  if (language === "sh") {
    const options = { cwd: folder, encoding: "utf8", stdio: "pipe", env: environment() } as const;
    execFileSync("/bin/bash", ["-ec", text], options);
  } else {
    const path = join(folder, file ?? expect.unreachable(placeOf(snippet)));
    writeFileSync(path, language === "diff" ? applyDiff(text, readFileSync(path, "utf8")) : text);
  }
}

/** What a terminal has, without what tells a program that it runs in a test. */
const environment = () =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/VITEST|^(CI|NODE_ENV)$/.test(name)),
  );

const STEPS = "diff diff sh ts diff diff diff diff ts diff diff sh ts sh".split(" ");

test("the procedures of the page are served, typed and tested", () => {
  for (const language of STEPS) follow(page.take(language));
  expect(readFileSync(join(folder, "client/protocol.ts"), "utf8")).toContain("notes: {");
}, 600_000);
