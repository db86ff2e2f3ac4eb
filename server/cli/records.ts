/** Reads and writes files of users: CSV with a line of column names, or a JSON object on each line. Never whole. */
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { CsvError } from "csv-parse";
import { type ImportRecord, meaningOf } from "../accounts/import-record.ts";
import { Refused } from "./command.ts";

/** The formats, by the ends of file names. */
export const FORMATS = ["csv", "jsonl"] as const;
/** The format of a file of users. */
export type Format = (typeof FORMATS)[number];

/** A record, or why there is none, with its last line in the file. A reason never contains a value. */
export type RecordLine = { line: number } & (
  | { is: "record"; record: ImportRecord }
  | { is: "broken"; reason: string }
);

/** The most characters of a record of CSV: a quote that is not closed must not take in the whole file. */
const MAX_RECORD = 100_000;

/**
 * Reads the records of a file.
 * @param format found out by the first character, if it is undefined: a column of CSV has no name that begins with a `{`
 * @throws {Refused} if it is neither format
 */
export async function* readRecords(
  input: Readable,
  format: Format | undefined,
): AsyncGenerator<RecordLine> {
  const chunks = input.setEncoding("utf8")[Symbol.asyncIterator]();
  const first: IteratorResult<string> = await chunks.next();
  const start = (first.done ? "" : first.value).replace(/^\uFEFF/, "");
  const text = Readable.from(joined(start, chunks), { objectMode: true });
  const begin = start.trimStart()[0];
  if (begin === "[")
    throw new Refused("the file is a JSON array; write one object per line, as in: jq -c '.[]'");
  yield* (format ?? (begin === "{" ? "jsonl" : "csv")) === "jsonl" ? readJson(text) : readCsv(text);
}

async function* joined(start: string, rest: AsyncIterator<string>): AsyncGenerator<string> {
  if (start !== "") yield start;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

async function* readJson(text: Readable): AsyncGenerator<RecordLine> {
  let line = 0;
  for await (const json of createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1;
    if (json.trim() !== "") yield { line, ...parseJson(json) };
  }
}

function parseJson(json: string) {
  try {
    const record: unknown = JSON.parse(json);
    if (record instanceof Object && !Array.isArray(record))
      return { is: "record", record: { ...record } } as const;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return { is: "broken", reason: "is not a JSON object" } as const;
}

/** What ends the reading of CSV. The messages of the parser contain values. */
const CSV_REASONS: Partial<Record<CsvError["code"], string>> = {
  CSV_QUOTE_NOT_CLOSED: 'has a " without its end',
  CSV_INVALID_CLOSING_QUOTE: 'has a " in the middle of a value: in quotes, write ""',
  CSV_MAX_RECORD_SIZE: 'is too long: is there a " without its end?',
};

/** A record of the parser, and what it says about it. */
interface Row {
  info: { lines: number; error: CsvError | undefined };
  record: ImportRecord;
}

async function* readCsv(text: Readable): AsyncGenerator<RecordLine> {
  const { parse } = await import("csv-parse");
  let end: { line: number; reason: string } | undefined;
  const parser = parse({
    columns: checkColumns,
    info: true,
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: MAX_RECORD,
    // An error of the stream would drop the records that it has read ahead.
    skip_records_with_error: true,
    on_skip: (error) => {
      if (error) end ??= endOf(error);
      return undefined;
    },
  });
  text.on("error", (error) => parser.destroy(error));
  const rows: AsyncIterable<Row> = text.pipe(parser);
  for await (const { info, record } of rows) {
    const line = info.lines;
    // From there on, the parser takes for values what is between them.
    if (end && line >= end.line) break;
    yield info.error
      ? { line, is: "broken", reason: "has more or fewer values than there are columns" }
      : { line, is: "record", record };
  }
  if (end) yield { ...end, is: "broken" };
}

const endOf = (error: CsvError) => ({
  line: Number(error["lines"] ?? 0),
  reason: `${CSV_REASONS[error.code] ?? "is not CSV"}; nothing after it was read`,
});

/** Without names, the first line may be somebody's, with a password hash that must not be printed as a name. */
function checkColumns(columns: string[]): string[] {
  if (columns.some((column) => meaningOf(column) === "email")) return columns;
  throw new Refused("no column is named email: the first line must name the columns");
}

/** Returns a line of CSV (RFC 4180). */
export const csvLine = (values: readonly (string | boolean | null)[]): string =>
  values
    .map((value) => String(value ?? ""))
    .map((text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text))
    .join(",");
