/** The database engines that the tests run on. */
import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createConnection } from "mysql2/promise";
import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** The `mysql://` URL of the MariaDB server, without a database name; null if MariaDB is not installed. */
    mariadb: string | null;
    /** The same of the MySQL server, which `npm run test:mysql` runs in place of MariaDB. */
    mysql: string | undefined;
  }
}

/** A database engine. */
export interface Engine {
  name: string;
  /** Creates an empty database. @returns its DATABASE_URL. */
  emptyDatabase(): Promise<string>;
}

const sqlite: Engine = {
  name: "SQLite",
  emptyDatabase: async () => `file:${join(mkdtempSync(join(tmpdir(), "tegata-")), "tegata.db")}`,
};

const mysqlOrMariadb = (name: string, server: string): Engine => ({
  name,
  async emptyDatabase() {
    const database = `test_${randomBytes(6).toString("hex")}`;
    const connection = await createConnection(server);
    await connection.query(`CREATE DATABASE ${database}`);
    await connection.end();
    return `${server}${database}`;
  },
});

const server = inject("mariadb");
if (server === undefined)
  throw new Error("The unit project has no database: name this file *.test.ts.");

/** SQLite, and MariaDB if it is installed. In CI it always is. */
export const ENGINES: readonly Engine[] =
  server === null
    ? [sqlite]
    : [sqlite, mysqlOrMariadb(inject("mysql") === undefined ? "MariaDB" : "MySQL", server)];
