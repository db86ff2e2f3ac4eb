/** `npm version` runs it: gives the client the new version, and the changes under "Unreleased" too. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const read = (/** @type {string} */ file) => readFileSync(file, "utf8");
/** @type {{ version: string }} */
const { version } = JSON.parse(read("package.json"));

const changelog = read("CHANGELOG.md");
const [, changes = ""] = changelog.split(/^## .*$/m);
if (changes.trim() === "") throw new Error('CHANGELOG.md has nothing under "## Unreleased"');
const today = new Date().toISOString().slice(0, 10);
writeFileSync(
  "CHANGELOG.md",
  changelog.replace("## Unreleased\n", `## Unreleased\n\n## ${version} - ${today}\n`),
);

const client = read("client/package.json");
writeFileSync("client/package.json", client.replace(/"version": ".*"/, `"version": "${version}"`));

// `npm version` commits what is staged.
execFileSync("git", ["add", "CHANGELOG.md", "client/package.json"]);
