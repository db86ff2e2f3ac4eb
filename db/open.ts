/** The database as the rest of the service sees it: named queries, and no way to write SQL. */
import { clientQueries } from "./clients.ts";
import { codeQueries } from "./codes.ts";
import { type Connection, connect } from "./connect.ts";
import { consentQueries } from "./consents.ts";
import { eventQueries } from "./events.ts";
import { itemQueries } from "./items.ts";
import { checkTables, findMissing, migrate } from "./migrate.ts";
import { refreshTokenQueries } from "./refresh-tokens.ts";
import { sessionQueries } from "./sessions.ts";
import { throttleQueries } from "./throttles.ts";
import { userQueries } from "./users.ts";

const queries = (connection: Connection) => ({
  users: userQueries(connection),
  clients: clientQueries(connection),
  sessions: sessionQueries(connection),
  refreshTokens: refreshTokenQueries(connection),
  codes: codeQueries(connection),
  consents: consentQueries(connection),
  items: itemQueries(connection),
  throttles: throttleQueries(connection),
  events: eventQueries(connection),
});

/** An open database: one group of named queries per table. Each query is a single statement. */
export interface Db extends Readonly<ReturnType<typeof queries>> {
  /** The engine and its location, for display. Contains no password. */
  readonly name: string;
  readonly backUp: Connection["backUp"];
  readonly load: Connection["load"];
  /**
   * Looks whether every table is there with its columns: another version of Tegata may have changed them.
   * @throws if the database cannot be used
   */
  inspect(): Promise<"complete" | "outdated">;
  close(): Promise<void>;
}

/**
 * Opens the database at a URL, runs pending migrations if `migrate` is set, and checks that its tables match this
 * version of Tegata. With `mustExist`, a SQLite file that is missing is not created.
 * @throws if the database is unreachable, or lacks a table or column.
 */
export async function openDb(
  url: string,
  options: { migrate: boolean; mustExist?: boolean },
): Promise<Db> {
  const connection = await connect(url, options);
  try {
    if (options.migrate) await migrate(connection);
    await checkTables(connection);
  } catch (error) {
    await connection.close();
    throw error;
  }
  const { name, backUp, load, close } = connection;
  const inspect = async () =>
    (await findMissing(connection)) === undefined ? "complete" : "outdated";
  return { ...queries(connection), name, backUp, load, inspect, close };
}
