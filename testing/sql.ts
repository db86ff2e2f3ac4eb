/** Runs SQL beside the service, on a connection of its own, as another program would. */
import { createClient } from "@libsql/client";
import { createConnection } from "mysql2/promise";

/** Runs statements on the database at a DATABASE_URL, one after another. @returns the rows of the last one */
export async function runSql(url: string, ...statements: string[]): Promise<unknown[]> {
  let rows: unknown[] = [];
  if (url.startsWith("file:")) {
    const client = createClient({ url, timeout: 5_000 });
    for (const text of statements) rows = (await client.execute(text)).rows;
    client.close();
    return rows;
  }
  const connection = await createConnection(url);
  for (const text of statements) {
    const [result] = await connection.query(text);
    rows = Array.isArray(result) ? result : [];
  }
  await connection.end();
  return rows;
}
