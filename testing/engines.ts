/** The engines that the tests run on, each with a way to an empty database. */
import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createConnection } from "mysql2/promise";
import { inject } from "vitest";

/** One engine. */
export interface Engine {
  name: string;
  /** Makes an empty database. @returns its DATABASE_URL. */
  emptyDatabase(): Promise<string>;
}

const sqlite: Engine = {
  name: "SQLite",
  emptyDatabase: async () => `file:${join(mkdtempSync(join(tmpdir(), "tegata-")), "tegata.db")}`,
};

const mariadb = (server: string): Engine => ({
  name: "MariaDB",
  async emptyDatabase() {
    const name = `test_${randomBytes(6).toString("hex")}`;
    const connection = await createConnection(server);
    await connection.query(`CREATE DATABASE ${name}`);
    await connection.end();
    return `${server}${name}`;
  },
});

const server = inject("mariadb");

/** SQLite, and MariaDB where it is installed. */
export const ENGINES: readonly Engine[] = server ? [sqlite, mariadb(server)] : [sqlite];
