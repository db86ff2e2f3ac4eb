import { describe, expect, test } from "vitest";
import { ENGINES, type Engine } from "../testing/engines.ts";
import { runSql } from "../testing/sql.ts";
import { connect } from "./connect.ts";
import { JOURNAL, OLD_JOURNAL } from "./journal.ts";
import { readHistory } from "./migrate.ts";
import { openDb } from "./open.ts";

const CREATE = `CREATE TABLE ${OLD_JOURNAL} (id SERIAL PRIMARY KEY, hash TEXT NOT NULL, created_at BIGINT)`;
/** What an application writes that migrates tables of its own with the default of Drizzle, later than Tegata did. */
const OF_APPLICATION = `INSERT INTO ${OLD_JOURNAL} (hash, created_at) VALUES ('of the application', 9999999999999)`;
const migrate = async (url: string) => (await openDb(url, { migrate: true })).close();
const read = async (url: string, query: string) => {
  const connection = await connect(url);
  const rows = await connection.rows(query, [], performance.now());
  await connection.close();
  return rows.map((row) => row.map(String).join());
};
const pending = async (url: string) => {
  const connection = await connect(url);
  const history = await readHistory(connection);
  await connection.close();
  return history.is === "migrated" ? history.pending : history.is;
};
/** A database as version 0.1 left it, and what its journal says. */
const oldDatabase = async (engine: Engine) => {
  const url = await engine.emptyDatabase();
  await migrate(url);
  const entries = await read(url, `SELECT hash, created_at FROM ${JOURNAL} ORDER BY created_at`);
  await runSql(url, `ALTER TABLE ${JOURNAL} RENAME TO ${OLD_JOURNAL}`);
  return { url, entries };
};

describe.each(ENGINES)("the journal on $name", (engine) => {
  test("is not that of an application, whose newer entries would hide migrations of Tegata", async () => {
    const url = await engine.emptyDatabase();
    await runSql(url, CREATE, OF_APPLICATION);
    expect(await pending(url)).toBeGreaterThan(5);
    await migrate(url);
    expect(await pending(url)).toBe(0);
    expect(await read(url, `SELECT hash FROM ${OLD_JOURNAL}`)).toEqual(["of the application"]);
  });

  test("of version 0.1 is copied, without what an application has added to it", async () => {
    const { url, entries } = await oldDatabase(engine);
    await runSql(url, OF_APPLICATION);
    expect(await pending(url)).toBe(0);
    await migrate(url);
    const query = (table: string) => `SELECT hash, created_at FROM ${table} ORDER BY created_at`;
    expect(await read(url, query(JOURNAL))).toEqual(entries);
    expect(await read(url, query(OLD_JOURNAL))).toHaveLength(entries.length + 1);
    await migrate(url);
    expect(await read(url, query(JOURNAL))).toEqual(entries);
  });

  test("of version 0.1 is copied after a copy that was interrupted, and by several that start at once", async () => {
    const { url, entries } = await oldDatabase(engine);
    await runSql(url, CREATE.replace(OLD_JOURNAL, JOURNAL));
    await Promise.all(Array.from({ length: 4 }, () => migrate(url)));
    const hashes = await read(url, `SELECT DISTINCT hash FROM ${JOURNAL}`);
    expect(hashes).toHaveLength(entries.length);
    expect(await pending(url)).toBe(0);
  });

  test("of version 0.1 says what has not been run, whatever an application has added to it", async () => {
    const { url, entries } = await oldDatabase(engine);
    await runSql(url, OF_APPLICATION);
    const [, newest = ""] = entries.at(-1)?.split(",") ?? [];
    await runSql(url, `DELETE FROM ${OLD_JOURNAL} WHERE created_at = ${newest}`);
    expect(await pending(url)).toBe(1);
    // It runs on the tables that it has changed before.
    await expect(migrate(url)).rejects.toThrow();
  });

  test("is not made for tables that push has created, if an application has one", async () => {
    const { url } = await oldDatabase(engine);
    await runSql(url, `DELETE FROM ${OLD_JOURNAL}`, OF_APPLICATION);
    expect(await pending(url)).toBe("pushed");
    await migrate(url);
    await expect(read(url, `SELECT hash FROM ${JOURNAL}`)).rejects.toThrow();
  });
});
