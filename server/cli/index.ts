/** The `tegata` command: changes the configured database, whether or not the service is running. */
import { parseArgs } from "node:util";
import { openDb } from "../../db/open.ts";
import { openLog } from "../log.ts";
import { reasonsOf } from "../reasons.ts";
import { loadSettings } from "../settings.ts";
import { BACKUP_COMMAND } from "./backup.ts";
import { CLIENT_COMMANDS } from "./clients.ts";
import { type Command, Refused } from "./command.ts";
import { USER_COMMANDS } from "./users.ts";

const COMMANDS: readonly Command[] = [...CLIENT_COMMANDS, ...USER_COMMANDS, BACKUP_COMMAND];

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
  const command = COMMANDS.find(({ name }) =>
    [...positionals, ""].join(" ").startsWith(`${name} `),
  );
  const [argument, ...more] = positionals.slice(command?.name.split(" ").length);
  if (!command || more.length > 0 || command.takesArgument !== (argument !== undefined))
    throw new Refused(USAGE);
  const loaded = loadSettings();
  if (loaded.is === "invalid") throw new Refused(loaded.problems.join("\n"));
  // A typing error in DATABASE_URL must not become a new database, nor new tables in another one.
  const db = await openDb(loaded.settings.databaseUrl, { migrate: false, mustExist: true });
  const log = openLog({ logLevel: "warn" }, process.stderr);
  await command.run({ db, log, now: Date.now }, argument ?? "", values).finally(() => db.close());
}

run().catch((error: unknown) => {
  console.error(error instanceof Refused ? error.message : reasonsOf(error));
  process.exitCode = 1;
});
