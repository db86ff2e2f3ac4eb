/** What an operator should know about the configured database, without changing it. */
import { sql as raw } from "drizzle-orm";
import { type Connection, connect, type Inspection } from "./connect.ts";
import { findMissing, type History, readHistory } from "./migrate.ts";

/** The state of a database. */
export interface DatabaseState extends Inspection {
  /** The engine and its location, for display. Contains no password. */
  name: string;
  history: History;
  /** Whether every table is there with its columns, if no migration is pending. */
  isComplete: boolean;
  /** Why nothing can be written; undefined if it can, or if there are no tables yet. */
  writeError: unknown;
}

/**
 * Connects to the database at a URL and looks at it. A SQLite file that is missing is not created.
 * @throws if the database cannot be used; the message says what to do
 */
export async function inspectDatabase(url: string): Promise<DatabaseState> {
  const connection = await connect(url, { mustExist: true });
  try {
    const history = await readHistory(connection);
    const hasAll = (await findMissing(connection)) === undefined;
    return {
      name: connection.name,
      ...(await connection.inspect()),
      history,
      isComplete: hasAll || (history.is === "migrated" && history.pending > 0),
      writeError: await tryWriting(connection),
    };
  } finally {
    await connection.close();
  }
}

/** Runs a statement that needs the right to write, and changes nothing. */
async function tryWriting({
  sql,
  tables: { users },
  write,
  missingPart,
}: Connection): Promise<unknown> {
  try {
    await write(() => sql.delete(users).where(raw`1 = 0`));
    return undefined;
  } catch (error) {
    return missingPart(error) ? undefined : error;
  }
}
