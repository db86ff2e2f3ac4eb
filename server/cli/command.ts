/** The type of a CLI command. */
import type { Tegata } from "../tegata.ts";

/** A command. */
export interface Command {
  /** Noun and verb, or a verb alone. */
  name: string;
  usage: string;
  help: string;
  /** Whether it takes one argument after its name. */
  takesArgument: boolean;
  /** The options that it accepts; none by default. */
  options?: readonly (keyof Options)[];
  /** Runs the command and prints the result. @throws {Refused} */
  run(
    parts: Pick<Tegata, "db" | "log" | "now" | "audit">,
    argument: string,
    options: Options,
  ): Promise<void>;
}

/** The options of all commands, in the format of `parseArgs`. */
export const OPTIONS = {
  grants: { type: "string", multiple: true },
  scopes: { type: "string", multiple: true },
  public: { type: "boolean" },
  json: { type: "boolean" },
  user: { type: "string" },
  client: { type: "string" },
  type: { type: "string", multiple: true },
  since: { type: "string" },
  limit: { type: "string" },
} as const;

/** The options of all commands. */
export interface Options {
  grants?: string[] | undefined;
  scopes?: string[] | undefined;
  public?: boolean | undefined;
  json?: boolean | undefined;
  user?: string | undefined;
  client?: string | undefined;
  type?: string[] | undefined;
  since?: string | undefined;
  limit?: string | undefined;
}

/** A command that cannot be carried out. The message says why. */
export class Refused extends Error {}

/** The names in the values of an option: separated by commas or spaces, each once. @throws {Refused} if there are none */
export function names(option: string, values: readonly string[] = []): string[] {
  const list = new Set(values.flatMap((value) => value.split(/[\s,]+/)).filter(Boolean));
  if (list.size === 0) throw new Refused(`${option}: name at least one`);
  return [...list];
}
