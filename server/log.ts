/** The log: JSON lines without secrets, whatever was thrown. */
import { type DestinationStream, type Logger, pino } from "pino";
import type { Settings } from "./settings.ts";

/** Where the service logs. */
export type Log = Logger;

/** Opens the log on a destination. */
export const openLog = (
  { logLevel }: Pick<Settings, "logLevel">,
  destination: DestinationStream,
): Log => pino({ level: logLevel, base: null, serializers: { err: describeError } }, destination);

/**
 * An error without its message, which may contain what a caller sent: a database error contains the SQL with its
 * parameters, a parser's error the body. What is left says where it happened and, by the codes of its causes, what.
 */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code } = error as { code?: unknown };
  const frames = error.stack
    ?.replace(error.message, "")
    .split("\n")
    .filter((line) => line.startsWith("    at "));
  return {
    type: error.name,
    ...(typeof code === "string" && { code }),
    ...(error.cause !== undefined && { cause: describeError(error.cause) }),
    stack: frames?.join("\n"),
  };
}
