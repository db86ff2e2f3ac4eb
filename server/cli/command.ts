/** What a command of the CLI is. */
import type { Tegata } from "../tegata.ts";

/** A command. */
export interface Command {
  /** Noun and verb. */
  name: string;
  usage: string;
  help: string;
  /** Whether it takes one argument after its name. */
  takesArgument: boolean;
  /** The options that it takes; none by default. */
  options?: readonly (keyof Options)[];
  /** Does it, and prints what was done. @throws {Refused} */
  run(parts: Pick<Tegata, "db" | "log" | "now">, argument: string, options: Options): Promise<void>;
}

/** The options of commands, as `parseArgs` declares them. */
export const OPTIONS = {
  grants: { type: "string", multiple: true },
  scopes: { type: "string", multiple: true },
  public: { type: "boolean" },
  json: { type: "boolean" },
} as const;

/** The options of all commands. */
export interface Options {
  grants?: string[] | undefined;
  scopes?: string[] | undefined;
  public?: boolean | undefined;
  json?: boolean | undefined;
}

/** A call that cannot be carried out as it is; its message says why. */
export class Refused extends Error {}
