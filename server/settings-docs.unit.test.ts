/** The files that list the settings are generated from the settings. To update them, run `npm run generate`. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { SETTINGS, type Setting } from "./settings.ts";

const settings: readonly Setting[] = Object.values(SETTINGS);

/** Breaks a text into lines of at most `width` characters. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [""];
  for (const word of text.split(" ")) {
    const line = `${lines.at(-1)} ${word}`.trimStart();
    if (line.length <= width) lines[lines.length - 1] = line;
    else lines.push(word);
  }
  return lines;
}

test(".env.example", async () => {
  const head = wrap(
    "Copy this file to `.env` in the directory that you start Tegata in. As it is, it changes nothing: every value is the default. A variable of the environment overrides its line here. A key with an empty value is not set. Put a value that contains # between quotes. A line that is not understood, and a key that looks like one of these and is not, stops the start.",
    118,
  );
  const parts = settings.map(({ key, default: initial = "", sentence }) =>
    [...wrap(sentence, 118).map((line) => `# ${line}`), `${key}=${initial}`].join("\n"),
  );
  const text = [head.map((line) => `# ${line}`).join("\n"), ...parts].join("\n\n");
  await expect(`${text}\n`).toMatchFileSnapshot("../.env.example");
});

test("docs/settings.md", async () => {
  const rows = settings.map(({ key, default: initial, sentence }) => {
    const cell = sentence.replaceAll("|", "\\|");
    return `| \`${key}\` | ${initial === undefined ? "–" : `\`${initial}\``} | ${cell} |`;
  });
  const text = `# Settings

Tegata reads its settings from the environment, or from a \`.env\` file in the directory that you start it in. None is
needed to start in development. If a setting is invalid, Tegata names every invalid setting and does not start.

| setting | default | description |
|---|---|---|
${rows.join("\n")}

## The \`.env\` file

Each line is \`KEY=value\` or a \`#\` comment. \`export KEY=value\` is accepted too. Put a value that contains \`#\` between
quotes. Within single quotes everything is literal; within double quotes \`\\n\` is a line end. Variables such as
\`\${NAME}\` are not expanded. A key with an empty value is not set. The environment overrides the file.

The file is UTF-8, or UTF-16 with a byte order mark, with the line ends of any system. Keys of other programs can be in the
same file. If a line is not understood, if a setting is there twice, or if a key looks like a setting and is none
(\`SECERT_KEY\`), Tegata names the line and does not start ([023](decisions/023-settings-file.md)).

This page is generated from \`server/settings.ts\` by \`npm run generate\`.
`;
  await expect(text).toMatchFileSnapshot("../docs/settings.md");
});

test("docker-compose.yml", async () => {
  const compose = readFileSync("docker-compose.yml", "utf8");
  const [, given = ""] =
    compose.match(/^ {4}environment:\n( {6}DATABASE_URL:[\s\S]*?)^ {6}#/m) ?? [];
  const keys = [...given.matchAll(/^ {6}(\w+):/gm)].map(([, key]) => key);
  expect(keys).toEqual(["DATABASE_URL", "SECRET_KEY", "ISSUER"]);
  // These are fixed in a container: it always runs in production on one address and port, and has no key files.
  const fixed = [...keys, "NODE_ENV", "PORT", "HOST", "SIGNING_KEY_FILES"];
  const passed = settings.map(({ key }) => key).filter((key) => !fixed.includes(key));
  const text = compose.replace(
    /(# Passed on [^\n]*\n)( {6}\w+:\n)+/,
    (_, comment: string) => comment + passed.map((key) => `      ${key}:\n`).join(""),
  );
  expect(text).toContain("# Passed on ");
  await expect(text).toMatchFileSnapshot("../docker-compose.yml");
});
