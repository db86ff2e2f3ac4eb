import { createConnection } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { Mariadb } from "../testing/mariadb.ts";
import { startMysql } from "../testing/mysql/server.ts";
import { openDb } from "./open.ts";

describe.runIf(inject("mysql"))("what only MySQL does", () => {
  let mysql: Mariadb;
  const asRoot = async (...statements: string[]) => {
    const connection = await createConnection(mysql.url);
    for (const statement of statements) await connection.query(statement);
    await connection.end();
  };
  beforeAll(async () => {
    mysql = await startMysql("--max-prepared-stmt-count=30");
    await asRoot("CREATE DATABASE app");
  });
  afterAll(() => mysql.stop());

  const open = async (user: string, query = "") => {
    const { port } = new URL(mysql.url);
    const url = `mysql://${user}:secret@127.0.0.1:${port}/app?${query}`;
    return openDb(url, { migrate: true });
  };
  const addUser = (name: string, more = "") =>
    asRoot(
      `CREATE USER ${name}@'%' IDENTIFIED WITH caching_sha2_password BY 'secret' ${more}`,
      `GRANT ALL ON app.* TO ${name}@'%'`,
    );

  test.each(["", "sslmode=require"])(
    "a password that the server has not cached is accepted with '%s'",
    async (query) => {
      await addUser(query === "" ? "plain" : "secured");
      await (await open(query === "" ? "plain" : "secured", query)).close();
    },
  );

  test.each([
    ["locked", "ACCOUNT LOCK", "", /^DATABASE_URL: the user is locked/],
    ["expired", "PASSWORD EXPIRE", "", /^DATABASE_URL: the password of the user has expired/],
    ["tls_only", "REQUIRE SSL", "", /^DATABASE_URL: the server refuses the user.*sslmode/],
    ["unsure", "REQUIRE SSL", "sslmode=verify-ca", /^DATABASE_URL: .*ssl-ca=FILE/],
  ])("the start says what to do about a user that is %s", async (name, more, query, why) => {
    await addUser(name, more);
    await expect(open(name, query)).rejects.toThrow(why);
  });

  test("the start says that the server requires TLS", async () => {
    await addUser("anybody");
    await asRoot("SET GLOBAL require_secure_transport = ON");
    await expect(open("anybody")).rejects.toThrow(/^DATABASE_URL: the server requires TLS/);
    await (await open("anybody", "sslmode=require")).close();
    const connection = await createConnection({
      uri: mysql.url,
      ssl: { rejectUnauthorized: false },
    });
    await connection.query("SET GLOBAL require_secure_transport = OFF");
    await connection.end();
  });

  test("deletes of every size do not use up the server's prepared statements", async () => {
    await addUser("sweeper");
    const db = await open("sweeper", "connectionLimit=1");
    const event = { type: "x", userId: null, clientId: null, sessionId: null, address: null };
    const rest = { requestId: null, userAgent: null, detail: null };
    const counter = { attempts: 1, blockedUntilMs: 0, expiresAtMs: 1 };
    for (let size = 1; size <= 25; size += 1) {
      for (let i = 0; i < size; i += 1) {
        await db.events.add({ ...event, ...rest, atMs: 1 });
        await db.throttles.replace(`${i}`, undefined, counter, 0);
      }
      expect(await db.events.removeOld(2, size)).toBe(size);
      expect(await db.throttles.removeExpired(2, size)).toBe(size);
    }
    await db.close();
  });
});
