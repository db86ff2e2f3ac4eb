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
import { Misused, type Parts, Refused, settingsOf } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { watchOutput } from "./output.ts";
import type { Result } from "./result.ts";

async function run(): Promise<void> {
  const call = parseCall(process.argv.slice(2), COMMANDS);
  if (call.is === "command" && "start" in call.command) return call.command.start();
  watchOutput(fail);
  if (call.is === "help") return console.log(call.text);
  if (call.is === "version") return console.log(version());
  const { command, argument, options, isJson } = call;
  const print = (result: Result) => (isJson ? result.printJson() : result.printText());
  if ("runAlone" in command) return print(await command.runAlone(argument, options));
  if ("run" in command)
    await withDatabase(async (parts) => print(await command.run(parts, argument, options)));
}

async function withDatabase(work: (parts: Parts) => Promise<void>): Promise<void> {
  const { databaseUrl } = settingsOf(loadDatabaseSettings());
  // A typing error in DATABASE_URL must not become a new database, nor new tables in another one.
  const db = await openDb(databaseUrl, { migrate: false, mustExist: true });
  try {
    await fillUsernameKeys(db);
    const log = openLog({ logLevel: "warn" }, process.stderr);
    const parts = { db, log, now: Date.now };
    await work({ ...parts, audit: openAudit(parts) });
  } finally {
    await db.close();
  }
}

/** Reads the version from the nearest package.json above this file, which may be in `server/` or `dist/`. */
function version(folder = import.meta.dirname): string {
  const path = join(folder, "package.json");
  if (!existsSync(path) && folder !== dirname(folder)) return version(dirname(folder));
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(path, "utf8"))).version;
}

function fail(error: unknown): void {
  const message = error instanceof Refused ? error.message : reasonsOf(error);
  const hint = error instanceof Misused && error.hint !== "" ? `\n${error.hint}` : "";
  // The command line may be what is invalid, so it is not asked for the option.
  const isJson = process.argv.includes("--json");
  console.error(isJson ? JSON.stringify({ error: message }) : message + hint);
  // 1: it was refused or failed. 2: the command line is invalid.
  process.exitCode = error instanceof Misused ? 2 : 1;
}

run().catch(fail);
