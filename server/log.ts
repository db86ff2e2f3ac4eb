/** The log: JSON lines without secrets, whatever was thrown. */
import { type DestinationStream, type Logger, pino } from "pino";
import type { Settings } from "./settings.ts";

/** Where the service logs. */
export interface Log extends Logger {
  /** Logs a request at level `info`: the line that `info()` would write, without pino's work. */
  request(line: RequestLine): void;
}

/** What is logged of a request. */
export interface RequestLine {
  requestId: string;
  method: string;
  path: string;
  /** Undefined if the caller did not wait for the response. */
  status: number | undefined;
  ms: number;
  ip: string | undefined;
}

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
  const log = pino(options, destination);
  const { info } = log.levels.values;
  const pid = workers > 1 ? `,"pid":${process.pid}` : "";
  return Object.assign(log, {
    request({ requestId, method, path, status, ms, ip }: RequestLine) {
      if (!log.isLevelEnabled("info")) return;
      const id = `"requestId":${quoted(requestId)}`;
      const what = `"method":${quoted(method)},"path":${quoted(path)}`;
      const end = status === undefined ? `"aborted":true` : `"status":${status}`;
      const sender = ip === undefined ? "" : `,"ip":${quoted(ip)}`;
      destination.write(
        `{"level":${info},"time":${Date.now()}${pid},${id},${what},${end},"ms":${ms}${sender},"msg":"request"}\n`,
      );
    },
  });
}

const quoted = (text: string) => JSON.stringify(cutText(text));

const cutText = (text: string) => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);

/** Most lines have no long text: they are not copied. */
function cutTexts(fields: Record<string, unknown>): Record<string, unknown> {
  let cut = fields;
  for (const name in fields) {
    const value = fields[name];
    if (typeof value === "string" && value.length > MAX_TEXT)
      cut = { ...cut, [name]: cutText(value) };
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
