/** Completion in the shells themselves. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { emptyFolder, useCli, useProcesses } from "../../testing/process.ts";
import { optionsOf } from "./command.ts";
import { COMMANDS } from "./commands.ts";

const runCli = useCli();
const run = useProcesses();
const folder = emptyFolder();
const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

/** What is typed, and what is on the line when Tab was pressed. */
const TYPED = [
  ["tegata us", "tegata users"],
  ["tegata users ex", "tegata users export"],
  ["tegata clients rot", "tegata clients rotate-secret"],
  ["tegata users import --dr", "tegata users import --dry-run"],
  ["tegata users import users.csv --js", "tegata users import users.csv --json"],
  ["tegata audit --si", "tegata audit --since"],
  ["tegata keys new --al", "tegata keys new --algorithm"],
] as const;

function isInstalled(shell: Shell): boolean {
  if (spawnSync(shell, ["--version"]).status === 0) return true;
  if (process.env["CI"]) throw new Error(`${shell} is not installed. CI must test it.`);
  return false;
}

beforeAll(async () => {
  for (const shell of SHELLS) {
    const { printed } = await runCli({}, ["completion", shell]);
    writeFileSync(join(folder, shell), printed);
  }
});

/** Runs a script. @returns the lines that it prints */
async function script(shell: Shell, text: string): Promise<string[]> {
  const args = { bash: ["--norc", "-c"], zsh: ["-f", "-c"], fish: ["--no-config", "-c"] }[shell];
  const program = run({ HOME: folder, TERM: "dumb" }, { command: shell, args: [...args, text] });
  expect(await program.ended).toMatchObject({ code: 0 });
  return program.printed().trimEnd().split("\n");
}

/** What a shell offers in place of the last word of a line. */
const offers: Record<"bash" | "fish", (line: string) => string> = {
  bash: (line) => {
    const words = line.split(" ");
    const last = words.length - 1;
    return `COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}) COMP_CWORD=${last}; _tegata; echo "\${COMPREPLY[*]}"`;
  },
  fish: (line) => `echo (complete -C '${line}' | string replace -r '\\t.*' '')`,
};

describe.each(["bash", "fish"] as const)("in %s", (shell) => {
  const complete = (lines: readonly string[]) =>
    script(shell, [`source ${join(folder, shell)}`, ...lines.map(offers[shell])].join("\n"));

  test.runIf(isInstalled(shell))("commands and options are completed", async () => {
    const lines = await complete(TYPED.map(([typed]) => typed));
    expect(lines).toEqual(TYPED.map(([, completed]) => completed.split(" ").at(-1)));
  });

  test.runIf(isInstalled(shell))("every command has its options, and no others", async () => {
    const lines = await complete(COMMANDS.map(({ name }) => `tegata ${name} --`));
    expect(lines.map((line) => line.split(" ").sort())).toEqual(
      COMMANDS.map((command) =>
        [...optionsOf(command), "help"].map((option) => `--${option}`).sort(),
      ),
    );
  });
});

/** A shell on a terminal: Tab is pressed, then Enter runs a `tegata` that prints its arguments. */
const TERMINAL = `
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "autoload -Uz compinit; compinit -D -u; source ${join(folder, "zsh")}
  tegata() { print -r -- GOT\\\${:-}'<'tegata \\$*'>' }; print RE\\\${:-}ADY"
zpty -r z out '*READY*'
for line in ${TYPED.map(([typed]) => `'${typed}'`).join(" ")}; do
  zpty -w z "$line"$'\\t'
  zpty -r z out '*GOT<*>*'
  print -r -- "\${\${out##*GOT<}%%>*}"
done
zpty -d z`;

test.runIf(isInstalled("zsh"))("in zsh, commands and options are completed", async () => {
  expect(await script("zsh", TERMINAL)).toEqual(TYPED.map(([, completed]) => completed));
});

test("there is none for other shells", async () => {
  expect(await runCli({}, ["completion", "tcsh"])).toEqual({
    code: 2,
    printed: "SHELL: must be bash or zsh or fish\n",
  });
});
