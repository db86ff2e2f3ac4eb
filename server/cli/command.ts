/** The types of the commands, and what they share. */
import type { Tegata } from "../tegata.ts";

/** How a command is called. */
export interface CommandLine {
  /** Noun and verb, or a verb alone. */
  name: string;
  usage: string;
  help: string;
  /** Whether it takes one argument after its name. */
  takesArgument: boolean | "if given";
  /** The options that it accepts; none by default. */
  options?: readonly (keyof Options)[];
}

/** A command that works on the configured database. */
export interface Command extends CommandLine {
  /** Runs the command and prints the result. @throws {Refused} */
  run(
    parts: Pick<Tegata, "db" | "log" | "now" | "audit">,
    argument: string,
    options: Options,
  ): Promise<void>;
}

/** A command that needs no database, or opens it in its own way. */
export interface LooseCommand extends CommandLine {
  /** Runs the command and prints the result. @throws {Refused} */
  runAlone(argument: string, options: Options): Promise<void>;
}

/** The options of all commands, in the format of `parseArgs`. */
export const OPTIONS = {
  algorithm: { type: "string" },
  client: { type: "string" },
  "dry-run": { type: "boolean" },
  end: { type: "boolean" },
  format: { type: "string" },
  "full-name": { type: "string" },
  grants: { type: "string", multiple: true },
  json: { type: "boolean" },
  limit: { type: "string" },
  public: { type: "boolean" },
  scopes: { type: "string", multiple: true },
  since: { type: "string" },
  type: { type: "string", multiple: true },
  user: { type: "string" },
  username: { type: "string" },
  yes: { type: "boolean" },
} as const;

/** The options of all commands. */
export type Options = {
  [N in keyof typeof OPTIONS]?:
    | ((typeof OPTIONS)[N] extends { type: "boolean" }
        ? boolean
        : (typeof OPTIONS)[N] extends { multiple: true }
          ? string[]
          : string)
    | undefined;
};

/** A command that cannot be carried out. The message says why. */
export class Refused extends Error {}

/** A command line that is invalid. The message says why. */
export class Misused extends Refused {}

/** The names in the values of an option: separated by commas or spaces, each once. @throws {Misused} if there are none */
export function names(option: string, values: readonly string[] = []): string[] {
  const list = new Set(values.flatMap((value) => value.split(/[\s,]+/)).filter(Boolean));
  if (list.size === 0) throw new Misused(`${option}: name at least one`);
  return [...list];
}

/** The number in `--limit`. @throws {Misused} if it is none */
export function limitOf(limit: string): number {
  if (!/^\d{1,9}$/.test(limit) || Number(limit) === 0)
    throw new Misused("--limit: must be a whole number from 1 to 999999999");
  return Number(limit);
}

/** The value of an option that has a few. @throws {Misused} if it has another */
export function oneOf<Choice extends string>(
  option: string,
  value: string,
  choices: readonly Choice[],
): Choice {
  const choice = choices.find((one) => one === value);
  if (choice === undefined) throw new Misused(`${option}: must be ${choices.join(" or ")}`);
  return choice;
}
