/** What an operator should know about the configured database, without changing it. */
import { connect, type Inspection } from "./connect.ts";
import { countPending } from "./migrate.ts";

/** The state of a database. */
export interface DatabaseState extends Inspection {
  /** The engine and its location, for display. Contains no password. */
  name: string;
  /** How many migrations it has not seen; undefined if its tables were created by `drizzle-kit push`. */
  pending: number | undefined;
}

/**
 * Connects to the database at a URL and looks at it. A SQLite file that is missing is not created.
 * @throws if the database cannot be used; the message says what to do
 */
export async function inspectDatabase(url: string): Promise<DatabaseState> {
  const connection = await connect(url, { mustExist: true });
  try {
    const { name } = connection;
    return { name, ...(await connection.inspect()), pending: await countPending(connection) };
  } finally {
    await connection.close();
  }
}
