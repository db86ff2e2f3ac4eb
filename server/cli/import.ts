/** The command that moves users in from a file. */
import { createReadStream, existsSync } from "node:fs";
import type { NewUser } from "../../db/users.ts";
import { type Imported, openImport, type UserImport } from "../accounts/import.ts";
import { meaningOf, readImportRecord } from "../accounts/import-record.ts";
import { OPERATOR } from "../requester.ts";
import { type Command, oneOf, type Parts, Refused } from "./command.ts";
import { openProgress } from "./progress.ts";
import { FORMATS, type RecordLine, readRecords } from "./records.ts";
import { printArray } from "./result.ts";

/** How many users are written in one statement. */
const BATCH = 500;

/** What happened to a line, for `--json` and for people. It never contains a password or a hash. */
interface Line {
  line: number;
  is: "added" | "exists" | "taken" | "broken";
  email?: string | undefined;
  field?: string | undefined;
  reason?: string | undefined;
}

const SENTENCES = { added: "is added", exists: "is already there", taken: "is already in use" };

/** What an import has done so far. */
interface Report {
  isDryRun: boolean;
  /** How many lines there are of each kind. */
  counts: Record<Line["is"], number>;
  /** The names of the columns that are not read. */
  ignored: Set<string>;
}

const run: Command["run"] = async (parts, file, options) => {
  const format =
    options.format === undefined ? undefined : oneOf("--format", options.format, FORMATS);
  if (file !== "-" && !existsSync(file)) throw new Refused(`there is no file ${file}`);
  const report: Report = {
    isDryRun: options["dry-run"] ?? false,
    counts: { added: 0, exists: 0, taken: 0, broken: 0 },
    ignored: new Set(),
  };
  const input = file === "-" ? process.stdin : createReadStream(file);
  // They are imported while they are printed, so that nothing grows with the file.
  const lines = importAll(parts, readRecords(input, format), report);
  return {
    async printJson() {
      const rest = () => `,${JSON.stringify(summaryOf(report)).slice(1)}\n`;
      await printArray(lines, (line) => line, { before: '{"lines":', after: rest });
      checkAll(report);
    },
    async printText() {
      try {
        for await (const batch of lines) for (const line of batch) printLine(line, report);
      } catch (error) {
        // The batches before it have been added.
        if (report.counts.added > 0) printSummary(report);
        throw error;
      }
      printSummary(report);
      checkAll(report);
    },
  };
};

/** Imports the lines. @returns those that somebody should see: the refused ones, and in a dry run all of them */
async function* importAll(
  parts: Parts,
  records: AsyncIterable<RecordLine>,
  { isDryRun, counts, ignored }: Report,
): AsyncGenerator<Line[]> {
  const users = openImport(parts, isDryRun);
  const progress = openProgress("lines");
  try {
    for await (const batch of batchesOf(records, ignored)) {
      const lines = await importBatch(users, batch, parts.now());
      for (const { is } of lines) counts[is] += 1;
      yield lines.filter(({ is }) => isDryRun || is === "taken" || is === "broken");
      progress.add(batch.length);
    }
  } finally {
    progress.end();
    const { added } = counts;
    if (added > 0 && !isDryRun)
      await parts.audit.record({ type: "users_imported", detail: String(added) }, OPERATOR);
  }
}

/** Imports a batch: all that can be added, or none if it fails. */
async function importBatch(
  users: UserImport,
  batch: readonly RecordLine[],
  nowMs: number,
): Promise<Line[]> {
  const read = batch.map((one) => ({ line: one.line, ...parse(one, nowMs) }));
  const results = (await users.add(read.flatMap(({ user }) => user ?? []))).values();
  return read.map(({ line, user, problem }) => {
    const result = user ? results.next().value : undefined;
    if (!user || !result) return { line, is: "broken", ...problem };
    const { email } = user;
    switch (result.is) {
      case "taken":
        return { line, is: "taken", email, field: result.field };
      case "costly":
        return { line, is: "broken", field: "password", reason: tooCostly(result) };
      default:
        return { line, is: result.is, email };
    }
  });
}

/** Follows the name of the field. */
const tooCostly = ({ scheme, others }: Extract<Imported, { is: "costly" }>) =>
  `is a hash of the scheme ${scheme} that costs too much together with the other schemes in use (${others.join(", ")}): every login does the work of all of them`;

/** What `--json` prints besides the lines. */
const summaryOf = ({ isDryRun, counts, ignored }: Report) => ({
  ignoredColumns: [...ignored],
  dryRun: isDryRun,
  ...counts,
});

function printSummary({ isDryRun, counts, ignored }: Report) {
  if (ignored.size > 0) console.error(`ignored columns: ${[...ignored].join(", ")}`);
  const { added, exists, taken, broken } = counts;
  const verb = isDryRun ? "would add" : "added";
  console.log(`${verb} ${added}, already there ${exists}, refused ${taken + broken}`);
}

/** @throws {Refused} if a line was refused */
function checkAll({ counts: { taken, broken } }: Report) {
  if (taken + broken > 0)
    throw new Refused("some lines were refused; correct them and run it again");
}

/** Reads a line as a user. */
function parse(
  one: RecordLine,
  nowMs: number,
): { user?: NewUser; problem?: Pick<Line, "field" | "reason"> } {
  if (one.is === "broken") return { problem: { reason: one.reason } };
  const read = readImportRecord(one.record, nowMs);
  return read.is === "user" ? { user: read.user } : { problem: read.problem };
}

function printLine({ line, is, email, field, reason }: Line, { isDryRun }: Report) {
  const what = [is === "broken" ? field : (field ?? email)].filter(Boolean).join(" ");
  const said =
    is === "broken" ? reason : is === "added" && isDryRun ? "would be added" : SENTENCES[is];
  const whom = is === "taken" ? ` (${email})` : "";
  console.log(`line ${line}: ${what}${what ? " " : ""}${said}${whom}`);
}

/** The lines in batches. @param ignored gets the names of the columns that are not read */
async function* batchesOf(
  lines: AsyncIterable<RecordLine>,
  ignored: Set<string>,
): AsyncGenerator<RecordLine[]> {
  let batch: RecordLine[] = [];
  for await (const one of lines) {
    if (one.is === "record")
      for (const column of Object.keys(one.record))
        if (meaningOf(column) === undefined) ignored.add(column);
    if (batch.push(one) < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

export const IMPORT_COMMAND: Command = {
  name: "users import",
  usage: "users import FILE [--format NAME] [--dry-run]",
  help: `Moves users in from a file of CSV or JSON lines (- is standard input), with their password hashes. What is
already there stays as it is, so a file can be imported again. --dry-run changes nothing and says what would happen to
each line. Formats: ${FORMATS.join(", ")}; detected from the content. docs/moving-in.md explains the columns.`,
  takesArgument: true,
  options: ["format", "dry-run"],
  run,
};
