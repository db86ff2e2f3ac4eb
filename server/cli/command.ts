/** The types of the commands, and what they share. */
import type { Tegata } from "../tegata.ts";
import type { Result } from "./result.ts";

/** How a command is called. */
export interface CommandLine {
  /** Noun and verb, or a verb alone. */
  name: string;
  usage: string;
  help: string;
  /** Whether it takes one argument after its name. */
  takesArgument: boolean | "if given";
  /** The options that it accepts besides those of every command; none by default. */
  options?: readonly (keyof Options)[];
  /** It runs until it is stopped, and has no result. */
  isService?: true;
}

/** What a command works with. */
export type Parts = Pick<Tegata, "db" | "log" | "now" | "audit">;

/** A command that works on the configured database. */
export interface Command extends CommandLine {
  /** Runs the command, or begins to: a list is read while it is printed. @throws {Refused} */
  run(parts: Parts, argument: string, options: Options): Promise<Result>;
}

/** A command that needs no database, or opens it in its own way. */
export interface LooseCommand extends CommandLine {
  /** Runs the command. @throws {Refused} */
  runAlone(argument: string, options: Options): Promise<Result>;
}

/** A command that is the whole process from then on. */
export interface ServiceCommand extends CommandLine {
  isService: true;
  start(): Promise<void>;
}

/** Any command. */
export type AnyCommand = Command | LooseCommand | ServiceCommand;

/** The options of single commands, in the format of `parseArgs`. */
export const OPTIONS = {
  add: { type: "string", multiple: true },
  algorithm: { type: "string" },
  client: { type: "string" },
  "dry-run": { type: "boolean" },
  end: { type: "boolean" },
  "first-party": { type: "boolean" },
  format: { type: "string" },
  "full-name": { type: "string" },
  grants: { type: "string", multiple: true },
  limit: { type: "string" },
  "logout-uris": { type: "string", multiple: true },
  name: { type: "string" },
  public: { type: "boolean" },
  "redirect-uris": { type: "string", multiple: true },
  remove: { type: "string", multiple: true },
  scopes: { type: "string", multiple: true },
  since: { type: "string" },
  type: { type: "string", multiple: true },
  user: { type: "string" },
  username: { type: "string" },
  yes: { type: "boolean" },
} as const;

/** The options of single commands. */
export type Options = {
  [N in keyof typeof OPTIONS]?:
    | ((typeof OPTIONS)[N] extends { type: "boolean" }
        ? boolean
        : (typeof OPTIONS)[N] extends { multiple: true }
          ? string[]
          : string)
    | undefined;
};

/** The names of the options of a command, apart from `--help`. */
export const optionsOf = ({ options = [], isService }: CommandLine): string[] => [
  ...options,
  ...(isService ? [] : ["json"]),
];

/** A command that cannot be carried out. The message says why. */
export class Refused extends Error {}

/** A command line that is invalid. The message says why. */
export class Misused extends Refused {
  /** What people read after the message. */
  readonly hint: string;
  constructor(message: string, hint = "") {
    super(message);
    this.hint = hint;
  }
}

/** The settings that were loaded. @throws {Refused} if they are invalid */
export function settingsOf<Values>(
  loaded: { is: "settings"; settings: Values } | { is: "invalid"; problems: readonly string[] },
): Values {
  if (loaded.is === "invalid") throw new Refused(loaded.problems.join("\n"));
  return loaded.settings;
}

/** Such as `1 session` and `2 sessions`. */
export const count = (number: number, noun: string): string =>
  `${number} ${noun}${number === 1 ? "" : "s"}`;

/** The names in the values of an option: separated by commas or spaces, each once. */
export const namesIfAny = (values: readonly string[] = []): string[] => [
  ...new Set(values.flatMap((value) => value.split(/[\s,]+/)).filter(Boolean)),
];

/** Like {@link namesIfAny}. @throws {Misused} if there are no names */
export function names(option: string, values?: readonly string[]): string[] {
  const list = namesIfAny(values);
  if (list.length === 0) throw new Misused(`${option}: name at least one`);
  return list;
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
