/** The log: JSON lines without secrets, whatever was thrown. */
import { type DestinationStream, type Logger, pino } from "pino";
import type { Settings } from "./settings.ts";

/** Where the service logs. */
export type Log = Logger;

/** The longest text in a field, in characters: a caller who sends a long one must not fill the disk. */
const MAX_TEXT = 200;

/** Opens the log on a destination. If several processes share it, each line has the id of its process. */
export function openLog(
  { logLevel, workers = 1 }: Pick<Settings, "logLevel"> & Partial<Pick<Settings, "workers">>,
  destination: DestinationStream,
): Log {
  const options = {
    level: logLevel,
    base: workers > 1 ? { pid: process.pid } : null,
    formatters: { log: cutTexts },
    serializers: { err: describeError },
  };
  return pino(options, destination);
}

/** Most lines have no long text: they are not copied. */
function cutTexts(fields: Record<string, unknown>): Record<string, unknown> {
  let cut = fields;
  for (const name in fields) {
    const value = fields[name];
    if (typeof value === "string" && value.length > MAX_TEXT)
      cut = { ...cut, [name]: `${value.slice(0, MAX_TEXT)}…` };
  }
  return cut;
}

/**
 * An error without its message, which may contain what a caller sent: a database error contains the SQL with its
 * parameters, a parser's error the body. What is left says where it happened and, by the codes of its causes, what.
 */
function describeError(error: unknown): Record<string, unknown> {
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
