import { readMigrationFiles } from "drizzle-orm/migrator";
import { createConnection } from "mysql2/promise";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { connect } from "./connect.ts";
import { openDb } from "./open.ts";

/** The part of InnoDB's status about the latest deadlock of the server, whose other tables are those of other tests. */
const DEADLOCK = /^LATEST DETECTED DEADLOCK$(.*)^TRANSACTIONS$/ms;

describe.runIf(inject("mariadb"))("MySQL", () => {
  const [, mariadb = expect.unreachable()] = ENGINES;

  test.each(["users_email", "users.users_email"])(
    "a duplicate key error that ends with %s is reported as the index of emails",
    async (key) => {
      const connection = await connect(await mariadb.emptyDatabase());
      onTestFinished(() => connection.close());
      const message = `Duplicate entry 'x' for key 'users_username'' for key '${key}'`;
      const cause = Object.assign(new Error(message), { code: "ER_DUP_ENTRY" });
      expect(connection.violatedIndex(new Error("Failed query", { cause }))).toBe("users_email");
    },
  );

  test("a process that waited for the migration lock detects migrations that ran in the meantime", async () => {
    const url = await mariadb.emptyDatabase();
    const other = await createConnection(url);
    // The lock is the server's: another test may hold it at the moment.
    const [locked] = await other.query("SELECT GET_LOCK('tegata_migrate', 30) AS got");
    expect(locked).toEqual([{ got: 1 }]);
    const opening = openDb(url, { migrate: true });
    const waiting =
      "SELECT 1 FROM information_schema.processlist WHERE state = 'User lock' AND db = DATABASE()";
    // InnoDB renews this table once it has not been read for 100 ms.
    const find = async () => (await other.query(waiting))[0];
    await expect.poll(find, { interval: 200 }).toHaveLength(1);
    for (const { sql } of readMigrationFiles({ migrationsFolder: "db/migrations/mysql" }))
      for (const statement of sql) await other.query(statement);
    await other.end();
    await (await opening).close();
  });

  test("a statement that a deadlock aborts is retried", async () => {
    const url = await mariadb.emptyDatabase();
    const { pathname } = new URL(url);
    const db = await openDb(url, { migrate: true });
    const user = { email: "a@b.c", username: null, fullName: null, createdAtMs: 1 };
    const added = await db.users.add({ ...user, passwordHash: "x" });
    const userId = added.is === "added" ? added.id : expect.unreachable();
    const common = { clientId: "tegata", scope: "me", userAgent: null, createdAtMs: 1 };
    for (const id of ["a", "b", "kept"])
      await db.sessions.addForUser(
        { ...common, id, userId, lastUsedAtMs: 1, expiresAtMs: 100 },
        "x",
      );
    // The other transaction locks b. When it requests a, which ours locks while it waits for b, MariaDB aborts the one
    // that has written less: ours.
    const other = await createConnection(url);
    await other.query("BEGIN");
    await other.query("UPDATE sessions SET last_used_at_ms = 2 WHERE id = 'b'");
    for (let i = 0; i < 50; i += 1)
      await other.query(
        "INSERT INTO clients (id, `grants`, scopes, created_at_ms) VALUES (?, 'x', 'x', 1)",
        [`weight${i}`],
      );
    const ours = db.sessions.revoke({ userId, exceptIds: ["kept"] }, 5);
    const waiting =
      "SELECT 1 FROM information_schema.innodb_trx JOIN information_schema.processlist ON id = trx_mysql_thread_id WHERE trx_state = 'LOCK WAIT' AND db = DATABASE()";
    // InnoDB renews this table once it has not been read for 100 ms.
    const find = async () => (await other.query(waiting))[0];
    await expect.poll(find, { interval: 200 }).toHaveLength(1);
    await other.query("UPDATE sessions SET last_used_at_ms = 2 WHERE id = 'a'");
    await other.query("COMMIT");
    expect(await ours).toBe(2);
    const [rows] = await other.query("SHOW ENGINE INNODB STATUS");
    const [, deadlock = ""] = (rows as { Status: string }[])[0]?.Status.match(DEADLOCK) ?? [];
    expect(deadlock).toContain(`\`${pathname.slice(1)}\`.\`sessions\``);
    await other.end();
    await db.close();
  });
});
