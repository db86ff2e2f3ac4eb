/** The commands that start the service and prepare its database. */
import { openDb } from "../../db/open.ts";
import { fillUsernameKeys } from "../accounts/username-keys.ts";
import { loadDatabaseSettings } from "../environment.ts";
import { type LooseCommand, type ServiceCommand, settingsOf } from "./command.ts";
import { withTicker } from "./progress.ts";
import { done } from "./result.ts";

const migrate: LooseCommand["runAlone"] = async () => {
  const { databaseUrl } = settingsOf(loadDatabaseSettings());
  const name = await withTicker("migrating the database", () => migrateAt(databaseUrl));
  return done({ database: name }, `the database is up to date: ${name}`);
};

async function migrateAt(url: string): Promise<string> {
  const db = await openDb(url, { migrate: true });
  await fillUsernameKeys(db).finally(() => db.close());
  return db.name;
}

export const SERVICE_COMMANDS: readonly [ServiceCommand, LooseCommand] = [
  {
    name: "serve",
    usage: "serve",
    help: "Starts the service.",
    takesArgument: false,
    isService: true,
    async start() {
      await import("../main.ts");
    },
  },
  {
    name: "migrate",
    usage: "migrate",
    help: `Runs the migrations that the database has not seen, and creates a SQLite file that is missing. The service does
the same when it starts, unless MIGRATE_ON_START=false.`,
    takesArgument: false,
    runAlone: migrate,
  },
];
