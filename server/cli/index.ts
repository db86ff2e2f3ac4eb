/** The `tegata` command: changes the configured database, whether or not the service is running. */
import { parseArgs } from "node:util";
import { openDb } from "../../db/open.ts";
import { openLog } from "../log.ts";
import { loadSettings } from "../settings.ts";
import { CLIENT_COMMANDS } from "./clients.ts";
import { type Command, Refused } from "./command.ts";
import { USER_COMMANDS } from "./users.ts";

const COMMANDS: readonly Command[] = [...CLIENT_COMMANDS, ...USER_COMMANDS];

const USAGE = `Usage: tegata COMMAND

${COMMANDS.map(({ usage, help }) => `  ${usage}\n      ${help.replaceAll("\n", "\n      ")}`).join("\n")}`;

async function run(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      grants: { type: "string" },
      scopes: { type: "string" },
      public: { type: "boolean" },
    },
  });
  const [noun, verb, argument, ...more] = positionals;
  const command = COMMANDS.find(({ name }) => name === `${noun} ${verb}`);
  if (!command || more.length > 0 || command.takesArgument !== (argument !== undefined))
    throw new Refused(USAGE);
  const loaded = loadSettings();
  if (loaded.is === "invalid") throw new Refused(loaded.problems.join("\n"));
  const { databaseUrl, migrateOnStart } = loaded.settings;
  const db = await openDb(databaseUrl, { migrate: migrateOnStart });
  const log = openLog({ logLevel: "warn" }, process.stderr);
  await command.run({ db, log, now: Date.now }, argument ?? "", values).finally(() => db.close());
}

run().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
