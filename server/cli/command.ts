/** The type of a CLI command. */
import type { Tegata } from "../tegata.ts";

/** A command. */
export interface Command {
  /** Noun and verb. */
  name: string;
  usage: string;
  help: string;
  /** Whether it takes one argument after its name. */
  takesArgument: boolean;
  /** @throws {Refused} */
  run(parts: Pick<Tegata, "db" | "log" | "now">, argument: string, options: Options): Promise<void>;
}

/** The options of all commands. */
export interface Options {
  grants?: string | undefined;
  scopes?: string | undefined;
  public?: boolean | undefined;
}

/** A command that cannot be carried out. The message says why. */
export class Refused extends Error {}
