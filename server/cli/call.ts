/** Parses the command line of `tegata`. */
import { parseArgs } from "node:util";
import { nearest } from "../nearest.ts";
import { type CommandLine, Misused, OPTIONS, type Options, optionsOf } from "./command.ts";

/** What the command line asks for: a command, help or the version. */
export type Call<Command extends CommandLine> =
  | { is: "command"; command: Command; argument: string; options: Options; isJson: boolean }
  | { is: "help"; text: string }
  | { is: "version" };

/** Parses the arguments, without the program's name. @throws {Misused} if they are invalid */
export function parseCall<Command extends CommandLine>(
  args: string[],
  commands: readonly Command[],
): Call<Command> {
  const { values, positionals } = parse(args);
  const { help, version, json: isJson = false, ...options } = values;
  if (version) return { is: "version" };
  if (positionals.length === 0) {
    if (help) return { is: "help", text: usage(commands) };
    throw new Misused("name a command", usage(commands));
  }
  const command = commands.find(({ name }) => startsWith(positionals, name));
  const group = commands.filter(({ name }) => name.startsWith(`${positionals.join(" ")} `));
  if (help && (command || group.length > 0))
    return { is: "help", text: usage(command ? [command] : group) };
  if (!command)
    throw new Misused(unknown(positionals, commands), "tegata --help explains the commands.");
  const rest = positionals.slice(command.name.split(" ").length);
  const given = [...Object.keys(options), ...(isJson ? ["json"] : [])];
  const problem = wrongWith(command, rest, given);
  if (problem !== undefined) throw new Misused(`${command.name}: ${problem}`, usage([command]));
  const [argument = ""] = rest;
  return { is: "command", command, argument, options, isJson };
}

function parse(args: string[]) {
  const flag = { type: "boolean" } as const;
  const options = { ...OPTIONS, help: { ...flag, short: "h" }, json: flag, version: flag } as const;
  try {
    return parseArgs({ args, allowPositionals: true, allowNegative: true, options });
  } catch (error) {
    throw error instanceof TypeError ? new Misused(error.message) : error;
  }
}

const startsWith = (words: readonly string[], name: string) =>
  name.split(" ").every((word, index) => words[index] === word);

function usage(commands: readonly CommandLine[]): string {
  const texts = commands.map(
    ({ usage, help }) => `  ${usage}\n      ${help.replaceAll("\n", "\n      ")}`,
  );
  return `Usage: tegata COMMAND

${texts.join("\n")}

-h or --help after a command explains it; --json prints its result as JSON; --version prints the version.`;
}

function unknown(words: readonly string[], commands: readonly CommandLine[]): string {
  const names = commands.map(({ name }) => name);
  const meant = nearest(words.slice(0, 2).join(" "), names);
  const group = names.filter((name) => name.startsWith(`${words[0]} `));
  const known = group.length > 0 ? group : names;
  const hint = meant ? `did you mean ${meant}?` : `the commands are ${known.join(", ")}`;
  return `unknown command ${words.join(" ")}: ${hint}`;
}

function wrongWith(
  command: CommandLine,
  rest: readonly string[],
  given: readonly string[],
): string | undefined {
  const known = optionsOf(command);
  const stranger = given.find((name) => !known.includes(name));
  if (stranger !== undefined) return `--${stranger} is not an option of this command`;
  const isMissing = command.takesArgument === true ? !rest[0] : rest[0] === "";
  if (command.takesArgument && isMissing)
    return `${command.usage.match(/\b([A-Z]+)\b/)?.[1]} is missing`;
  const tooMany = rest[command.takesArgument ? 1 : 0];
  return tooMany === undefined ? undefined : `${tooMany || '""'} is one argument too many`;
}
