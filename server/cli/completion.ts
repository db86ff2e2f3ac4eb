/** The command that prints a script with which a shell completes commands and options. */
import { type CommandLine, type LooseCommand, oneOf, optionsOf } from "./command.ts";
import { done } from "./result.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;

/** The words of each level: those that a command can begin with, and those that follow each of them. */
function verbsOf(commands: readonly CommandLine[]): Map<string, string[]> {
  const verbs = new Map<string, string[]>();
  for (const { name } of commands) {
    const [noun = "", verb] = name.split(" ");
    verbs.set(noun, [...(verbs.get(noun) ?? []), ...(verb === undefined ? [] : [verb])]);
  }
  return verbs;
}

const flagsOf = (command: CommandLine) =>
  [...optionsOf(command), "help"].map((name) => `--${name}`);

/** A function that is the same in both shells: it reads the words before the cursor, and puts what fits into `reply`. */
const choices = (commands: readonly CommandLine[]) => `  case "$1 $2" in
${commands.map((one) => `    ${pattern(one)}) reply="${flagsOf(one).join(" ")}" ;;`).join("\n")}
    *) case "$1" in
${[...verbsOf(commands)]
  .filter(([, verbs]) => verbs.length > 0)
  .map(([noun, verbs]) => `      ${noun}) reply="${verbs.join(" ")}" ;;`)
  .join("\n")}
      *) reply="${[...verbsOf(commands).keys()].join(" ")} --help --version" ;;
    esac ;;
  esac`;

const pattern = ({ name }: CommandLine) => (name.includes(" ") ? `"${name}"` : `"${name} "*`);

const bash = (commands: readonly CommandLine[]) => `_tegata() {
  local reply
  _tegata_words "\${COMP_WORDS[1]}" "\${COMP_WORDS[2]}"
  mapfile -t COMPREPLY < <(compgen -W "$reply" -- "\${COMP_WORDS[COMP_CWORD]}")
}
_tegata_words() {
${choices(commands)}
}
complete -o default -F _tegata tegata`;

const zsh = (commands: readonly CommandLine[]) => `#compdef tegata
_tegata() {
  local reply
  _tegata_words "\${words[2]}" "\${words[3]}"
  compadd -- \${=reply} || _files
}
_tegata_words() {
${choices(commands)}
}
compdef _tegata tegata`;

const fish = (commands: readonly CommandLine[]) =>
  [
    ...[...verbsOf(commands)].flatMap(([noun, verbs]) => [
      `complete -c tegata -n __fish_use_subcommand -f -a ${noun}`,
      ...verbs.map(
        (verb) =>
          `complete -c tegata -n '__fish_seen_subcommand_from ${noun}; and not __fish_seen_subcommand_from ${verbs.join(" ")}' -f -a ${verb}`,
      ),
    ]),
    ...commands.flatMap((one) => {
      const seen = one.name
        .split(" ")
        .map((word) => `__fish_seen_subcommand_from ${word}`)
        .join("; and ");
      return flagsOf(one).map((option) => `complete -c tegata -n '${seen}' -l ${option.slice(2)}`);
    }),
  ].join("\n");

/** Makes the command. @param commands that are completed */
export function completionCommand(commands: readonly CommandLine[]): LooseCommand {
  const name = "completion";
  const all = [...commands, { name, usage: "", help: "", takesArgument: true }];
  return {
    name,
    usage: "completion SHELL",
    help: `Prints a script that completes commands and options, for ${SHELLS.join(", ")}:
  eval "$(tegata completion bash)"        in ~/.bashrc, also with zsh in ~/.zshrc, after compinit
  tegata completion fish | source         in ~/.config/fish/config.fish`,
    takesArgument: true,
    async runAlone(text) {
      const shell = oneOf("SHELL", text, SHELLS);
      const script = { bash, zsh, fish }[shell](all);
      return done({ shell, script }, script);
    },
  };
}
