/** How a version is made: `npm version`, in a repository with the files that it changes. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";

const MANIFESTS = ["package.json", "package-lock.json", "client/package.json"];
const CHANGES = "### Added\n\n- A door. It costs $1 & $&.\n";
const EARLIER = "## 0.0.1 - 2026-01-01\n\nThe first version.\n";
const IDENTITY = {
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.com",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.com",
};

describe("npm version", () => {
  const folder = mkdtempSync(join(tmpdir(), "tegata-release-"));
  /** @throws if the program fails, with what it printed */
  const run = (program: string, ...args: string[]) => {
    const env = { ...process.env, ...IDENTITY };
    return execFileSync(program, args, { cwd: folder, encoding: "utf8", stdio: "pipe", env });
  };
  const versionIn = (file: string) =>
    (JSON.parse(readFileSync(join(folder, file), "utf8")) as { version: string }).version;
  const changelog = () => readFileSync(join(folder, "CHANGELOG.md"), "utf8");

  beforeAll(() => {
    mkdirSync(join(folder, "client"));
    for (const file of [...MANIFESTS, "release.js"]) cpSync(resolve(file), join(folder, file));
    writeFileSync(
      join(folder, "CHANGELOG.md"),
      `# Changelog\n\n## Unreleased\n\n${CHANGES}\n${EARLIER}`,
    );
    run("git", "init", "--quiet");
    run("git", "add", ".");
    run("git", "commit", "--quiet", "--message=start");
    run("npm", "version", "9.8.7");
  });

  test("gives both packages the version, and tags a commit with all of it", () => {
    expect(MANIFESTS.map(versionIn)).toEqual(["9.8.7", "9.8.7", "9.8.7"]);
    const changed = run("git", "diff", "--name-only", "HEAD~1", "v9.8.7").trim().split("\n");
    expect(changed.sort()).toEqual([...MANIFESTS, "CHANGELOG.md"].sort());
    expect(run("git", "status", "--porcelain")).toBe("");
  });

  test("moves what is unreleased below a heading with the version and the date", () => {
    const date = "\\d{4}-\\d\\d-\\d\\d";
    expect(changelog().replace(new RegExp(`9.8.7 - ${date}\n`), "9.8.7 - DATE\n")).toBe(
      `# Changelog\n\n## Unreleased\n\n## 9.8.7 - DATE\n\n${CHANGES}\n${EARLIER}`,
    );
  });

  test("makes no version without changes", () => {
    const before = changelog();
    expect(() => run("npm", "version", "patch")).toThrow('has nothing under "## Unreleased"');
    expect(changelog()).toBe(before);
    expect(run("git", "tag").trim()).toBe("v9.8.7");
  });
});
