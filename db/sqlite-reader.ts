/** Reads from a SQLite file beside its client, which prepares a statement every time: here each is prepared once. */
import Database from "libsql";
import type { Connection } from "./connect.ts";
import { faultOf } from "./sqlite-errors.ts";

type Statement = ReturnType<Database.Database["prepare"]>;

/** Opens a reader. @param busyMs how long a read waits for a lock, in milliseconds; it blocks the event loop */
export function openReader(
  path: string,
  busyMs: number,
): { rows: Connection["rows"]; close(): void } {
  let database = new Database(path, { timeout: busyMs });
  const statements = new Map<string, Statement>();

  function prepare(text: string): Statement {
    const statement = statements.get(text) ?? database.prepare(text).raw();
    statements.set(text, statement);
    return statement;
  }

  return {
    async rows(text, params) {
      try {
        return prepare(text).all(params) as unknown[][];
      } catch (error) {
        // libsql does not reset a statement that has failed: begin anew.
        statements.clear();
        database.close();
        database = new Database(path, { timeout: busyMs });
        throw faultOf(error);
      }
    },
    close: () => void database.close(),
  };
}
