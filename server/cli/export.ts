/** The command that writes all users to a file, in the columns that the import reads. */
import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import type { User } from "../../db/users.ts";
import { type Command, count, oneOf, Refused } from "./command.ts";
import { whileOpen, write } from "./output.ts";
import { openProgress } from "./progress.ts";
import { csvLine, FORMATS, type Format } from "./records.ts";
import { done, printArray } from "./result.ts";
import { timeOf, usersOf } from "./user.ts";

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
      printJson: () => printArray(whileOpen(usersOf(db)), columnsOf),
      printText: async () => void (await writeAll(whileOpen(usersOf(db)), format, write)),
    };
  if (existsSync(file)) throw new Refused(`${file} exists; name a new file`);
  const output = await open(file, "wx", 0o600);
  const append = (text: string) => output.writeFile(text);
  const users = await writeAll(usersOf(db), format, append).finally(() => output.close());
  return done({ file, format, users }, `wrote ${count(users, "user")} to ${file}`);
};

/** Writes all users. @returns how many there are */
async function writeAll(
  pages: AsyncIterable<User[]>,
  format: Format,
  append: (text: string) => Promise<void>,
): Promise<number> {
  const progress = openProgress("users");
  let written = 0;
  await append(headOf(format));
  for await (const page of pages) {
    await append(page.map((user) => lineOf(user, format)).join(""));
    progress.add(page.length);
    written += page.length;
  }
  progress.end();
  return written;
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
