/** The command that copies the database. */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { type Command, Refused } from "./command.ts";
import { withTicker } from "./progress.ts";
import { done } from "./result.ts";

const backUp: Command["run"] = async ({ db }, file) => {
  if (!db.backUp)
    throw new Refused(
      "backup copies a SQLite file; for MySQL and MariaDB use mysqldump or mariadb-dump with --single-transaction",
    );
  if (existsSync(file)) throw new Refused(`${file} exists; name a new file`);
  // A disk that is not mounted must not look like a backup.
  if (!existsSync(dirname(file))) throw new Refused(`the folder ${dirname(file)} does not exist`);
  const { backUp } = db;
  await withTicker("copying the database", () => backUp(file), file);
  return done({ file }, `copied the database to ${file}`);
};

export const BACKUP_COMMAND: Command = {
  name: "backup",
  usage: "backup FILE",
  help: "Copies the SQLite database to a new file, while the service runs.",
  takesArgument: true,
  run: backUp,
};
