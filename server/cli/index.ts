/** The `tegata` command: changes the configured database, whether or not the service is running. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { openDb } from "../../db/open.ts";
import { fillUsernameKeys } from "../accounts/username-keys.ts";
import { openAudit } from "../audit.ts";
import { loadDatabaseSettings } from "../environment.ts";
import { openLog } from "../log.ts";
import { reasonsOf } from "../reasons.ts";
import { AUDIT_COMMAND } from "./audit.ts";
import { BACKUP_COMMAND } from "./backup.ts";
import { parseCall } from "./call.ts";
import { CLIENT_COMMANDS } from "./clients.ts";
import { type Command, Refused } from "./command.ts";
import { MAIL_COMMAND } from "./mail.ts";
import { SESSION_COMMANDS } from "./sessions.ts";
import { USER_COMMANDS } from "./users.ts";

const COMMANDS: readonly Command[] = [
  ...CLIENT_COMMANDS,
  ...USER_COMMANDS,
  ...SESSION_COMMANDS,
  AUDIT_COMMAND,
  BACKUP_COMMAND,
  MAIL_COMMAND,
];

async function run(): Promise<void> {
  const call = parseCall(process.argv.slice(2), COMMANDS);
  if (call.is === "help") return console.log(call.text);
  if (call.is === "version") return console.log(version());
  const loaded = loadDatabaseSettings();
  if (loaded.is === "invalid") throw new Refused(loaded.problems.join("\n"));
  // A typing error in DATABASE_URL must not become a new database, nor new tables in another one.
  const db = await openDb(loaded.settings.databaseUrl, { migrate: false, mustExist: true });
  await fillUsernameKeys(db);
  const log = openLog({ logLevel: "warn" }, process.stderr);
  const { command, argument, options } = call;
  const parts = { db, log, now: Date.now };
  const audit = openAudit(parts);
  await command.run({ ...parts, audit }, argument, options).finally(() => db.close());
}

/** Reads the version from the nearest package.json above this file, which may be in `server/` or `dist/`. */
function version(folder = import.meta.dirname): string {
  const path = join(folder, "package.json");
  if (!existsSync(path) && folder !== dirname(folder)) return version(dirname(folder));
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(path, "utf8"))).version;
}

run().catch((error: unknown) => {
  console.error(error instanceof Refused ? error.message : reasonsOf(error));
  process.exitCode = 1;
});
