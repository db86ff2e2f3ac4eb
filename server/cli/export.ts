/** The command that writes all users to a file, in the columns that the import reads. */
import { once } from "node:events";
import { createWriteStream, existsSync } from "node:fs";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import type { Db } from "../../db/open.ts";
import type { User } from "../../db/users.ts";
import { type Command, oneOf, Refused } from "./command.ts";
import { openProgress } from "./progress.ts";
import { csvLine, FORMATS, type Format } from "./records.ts";
import { done, printArray } from "./result.ts";

/** How many users are read at a time. */
const PAGE = 1000;

const timeOf = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());

/** A user as it is written. */
const columnsOf = (user: User) => ({
  email: user.email,
  username: user.username,
  full_name: user.fullName,
  hashed_password: user.passwordHash,
  disabled: user.disabled,
  email_verified_at: timeOf(user.emailVerifiedAtMs),
  created_at: timeOf(user.createdAtMs),
});
const COLUMNS = [
  "email",
  "username",
  "full_name",
  "hashed_password",
  "disabled",
  "email_verified_at",
  "created_at",
] as const satisfies (keyof ReturnType<typeof columnsOf>)[];

/** The first line of a file. */
export const headOf = (format: Format): string =>
  format === "csv" ? `${COLUMNS.join(",")}\n` : "";

/** The line of a user. */
export function lineOf(user: User, format: Format): string {
  const columns = columnsOf(user);
  if (format === "jsonl") return `${JSON.stringify(columns)}\n`;
  return `${csvLine(COLUMNS.map((name) => columns[name]))}\n`;
}

const run: Command["run"] = async ({ db }, file, options) => {
  const byName = file.endsWith(".csv") ? "csv" : "jsonl";
  const format = oneOf("--format", options.format ?? byName, FORMATS);
  if (file === "-")
    return {
      printJson: () => printArray(pagesOf(db), columnsOf),
      printText: async () => void (await writeAll(db, process.stdout, format)),
    };
  if (existsSync(file)) throw new Refused(`${file} exists; name a new file`);
  const output = createWriteStream(file, { mode: 0o600, flags: "wx" });
  const users = await writeAll(db, output, format);
  output.end();
  await finished(output);
  return done({ file, format, users }, `wrote ${users} users to ${file}`);
};

/** All users, the oldest first. */
async function* pagesOf(db: Db): AsyncGenerator<User[]> {
  for (let page = await db.users.list(0, PAGE); page.length > 0; ) {
    yield page;
    page = await db.users.list(page.at(-1)?.id ?? 0, PAGE);
  }
}

/** Writes all users. @returns how many there are */
async function writeAll(db: Db, output: Writable, format: Format): Promise<number> {
  const progress = openProgress("users");
  let count = 0;
  await write(output, headOf(format));
  for await (const page of pagesOf(db)) {
    await write(output, page.map((user) => lineOf(user, format)).join(""));
    progress.add(page.length);
    count += page.length;
  }
  progress.end();
  return count;
}

/** Writes, and waits while the reader is slower. */
async function write(output: Writable, text: string): Promise<void> {
  if (!output.write(text)) await once(output, "drain");
}

export const EXPORT_COMMAND: Command = {
  name: "users export",
  usage: "users export FILE [--format NAME]",
  help: `Writes all users to a new file that only its owner can read (- is standard output), as \`users import\` reads them:
CSV if the name ends in .csv, and otherwise JSON lines. It contains password hashes: keep it like a backup.
Formats: ${FORMATS.join(", ")}.`,
  takesArgument: true,
  options: ["format"],
  run,
};
