/** The command that moves users in from a file. */
import { createReadStream, existsSync } from "node:fs";
import type { NewUser } from "../../db/users.ts";
import { openImport } from "../accounts/import.ts";
import { meaningOf, readImportRecord } from "../accounts/import-record.ts";
import { OPERATOR } from "../requester.ts";
import { type Command, type Options, oneOf, Refused } from "./command.ts";
import { openProgress } from "./progress.ts";
import { FORMATS, type RecordLine, readRecords } from "./records.ts";

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

const run: Command["run"] = async (parts, file, options) => {
  const format =
    options.format === undefined ? undefined : oneOf("--format", options.format, FORMATS);
  if (file !== "-" && !existsSync(file)) throw new Refused(`there is no file ${file}`);
  const input = file === "-" ? process.stdin : createReadStream(file);
  const isDryRun = options["dry-run"] ?? false;
  const users = openImport(parts, isDryRun);
  const progress = openProgress("lines");
  const counts = { added: 0, exists: 0, taken: 0, broken: 0 };
  const print = (line: Line) => {
    counts[line.is] += 1;
    if (isDryRun || line.is === "taken" || line.is === "broken") printLine(line, options);
  };

  const ignored = new Set<string>();
  for await (const batch of batchesOf(readRecords(input, format), ignored)) {
    const read = batch.map((one) => ({ one, ...parse(one, parts.now()) }));
    const valid = read.flatMap(({ user }) => user ?? []);
    const results = (await users.add(valid)).values();
    for (const { one, user, problem } of read) {
      const result = user ? results.next().value : undefined;
      if (!user || !result) print({ line: one.line, is: "broken", ...problem });
      else
        print({
          line: one.line,
          is: result.is,
          email: user.email,
          ...(result.is === "taken" && { field: result.field }),
        });
    }
    progress.add(batch.length);
  }
  progress.end();
  if (ignored.size > 0) console.error(`ignored columns: ${[...ignored].join(", ")}`);

  const { added, exists, taken, broken } = counts;
  if (added > 0 && !isDryRun)
    await parts.audit.record({ type: "users_imported", detail: String(added) }, OPERATOR);
  const verb = isDryRun ? "would add" : "added";
  if (options.json) console.log(JSON.stringify({ dryRun: isDryRun, ...counts }));
  else console.log(`${verb} ${added}, already there ${exists}, refused ${taken + broken}`);
  if (taken + broken > 0)
    throw new Refused("some lines were refused; correct them and run it again");
};

/** Reads a line as a user. */
function parse(
  one: RecordLine,
  nowMs: number,
): { user?: NewUser; problem?: Pick<Line, "field" | "reason"> } {
  if (one.is === "broken") return { problem: { reason: one.reason } };
  const read = readImportRecord(one.record, nowMs);
  return read.is === "user" ? { user: read.user } : { problem: read.problem };
}

function printLine(
  { line, is, email, field, reason }: Line,
  { json, "dry-run": isDryRun }: Options,
) {
  if (json) return console.log(JSON.stringify({ line, is, email, field, reason }));
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
  usage: "users import FILE [--format NAME] [--dry-run] [--json]",
  help: `Moves users in from a file of CSV or JSON lines (- is standard input), with their password hashes. What is
already there stays as it is, so a file can be imported again. --dry-run changes nothing and says what would happen to
each line. Formats: ${FORMATS.join(", ")}; detected from the content. docs/moving-in.md explains the columns.`,
  takesArgument: true,
  options: ["format", "dry-run", "json"],
  run,
};
