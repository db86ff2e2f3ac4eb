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
import { parseCall } from "./call.ts";
import { Misused, Refused } from "./command.ts";
import { COMMANDS } from "./commands.ts";

async function run(): Promise<void> {
  const call = parseCall(process.argv.slice(2), COMMANDS);
  if (call.is === "help") return console.log(call.text);
  if (call.is === "version") return console.log(version());
  const { command, argument, options } = call;
  if ("runAlone" in command) return command.runAlone(argument, options);
  // Whoever reads the output may stop before its end, as `head` does.
  process.stdout.on("error", () => process.exit());
  const loaded = loadDatabaseSettings();
  if (loaded.is === "invalid") throw new Refused(loaded.problems.join("\n"));
  // A typing error in DATABASE_URL must not become a new database, nor new tables in another one.
  const db = await openDb(loaded.settings.databaseUrl, { migrate: false, mustExist: true });
  await fillUsernameKeys(db);
  const log = openLog({ logLevel: "warn" }, process.stderr);
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
  // 1: it was refused or failed. 2: the command line is invalid.
  process.exitCode = error instanceof Misused ? 2 : 1;
});
