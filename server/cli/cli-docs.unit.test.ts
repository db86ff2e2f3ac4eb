/** docs/cli.md is generated from the commands. To update it, run `npm run generate`. */
import { expect, test } from "vitest";
import { COMMANDS } from "./commands.ts";
import { FINDINGS } from "./findings.ts";

test("docs/cli.md", async () => {
  const sections = COMMANDS.map(
    ({ name, usage, help }) =>
      `## ${name}\n\n\`\`\`\ntegata ${usage}\n\`\`\`\n\n\`\`\`text\n${help}\n\`\`\`\n`,
  );
  const findings = Object.entries(FINDINGS)
    .filter(([, { state }]) => state !== "ok")
    .map(
      ([code, { about, state, ...rest }]) =>
        `| \`${code}\` | ${about} | ${state} | ${"fix" in rest ? rest.fix : ""} |`,
    );
  const text = `# The command line

\`npx tegata COMMAND\` in a checkout after \`npm run build\` (or an earlier \`npm start\`), \`tegata COMMAND\` in the
container. It reads the same settings as the service, and most commands only \`DATABASE_URL\`. They can run while the service
does.

- Lists are tables on a terminal, and lines with tabs elsewhere.
- A password is asked for on a terminal, or read from standard input. No command takes one as an argument.
- The exit code is 0 if it is done, 1 if it was refused or failed, and 2 if the command line is invalid.
- On a terminal, \`users import\`, \`users export\`, \`backup\` and \`migrate\` show how far they are.
- Results go to standard output, and questions, progress and errors to standard error.

With \`--json\`, each command but \`serve\` prints exactly one JSON value to standard output: an array if it lists something,
and otherwise an object. An error is \`{"error":"…"}\` on standard error, with the same exit code. \`doctor\` and
\`users import\` print both if they find something wrong.

${sections.join("\n")}
## What doctor finds

| code | about | state | how to fix it |
|---|---|---|---|
${findings.join("\n")}

This page is generated from \`server/cli/\` by \`npm run generate\`.
`;
  await expect(text).toMatchFileSnapshot("../../docs/cli.md");
});
