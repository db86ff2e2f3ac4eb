import { randomBytes } from "node:crypto";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { Engine } from "../testing/engines.ts";
import { type Mariadb, startMariadb } from "../testing/mariadb.ts";
import { startMysql } from "../testing/mysql/server.ts";
import { Service } from "../testing/service.ts";

/** What differs between the servers. */
const {
  name: serverName,
  start,
  tx,
  modes,
} = inject("mysql") === undefined
  ? {
      name: "MariaDB",
      start: startMariadb,
      tx: "tx",
      modes: ["NO_AUTO_VALUE_ON_ZERO,PAD_CHAR_TO_FULL_LENGTH,EMPTY_STRING_IS_NULL", "ORACLE"],
    }
  : {
      name: "MySQL",
      start: startMysql,
      tx: "transaction",
      modes: ["NO_AUTO_VALUE_ON_ZERO,PAD_CHAR_TO_FULL_LENGTH", "IGNORE_SPACE,REAL_AS_FLOAT"],
    };

/** What the server of this test is configured with, one after the other. */
const HOSTILE = [
  ["sql_mode = 'NO_BACKSLASH_ESCAPES'"],
  ...modes.map((mode) => [`sql_mode = '${mode}'`]),
  ["sql_mode = 'ANSI,ANSI_QUOTES,PIPES_AS_CONCAT,NO_UNSIGNED_SUBTRACTION'"],
  ["sql_mode = ''", "autocommit = 0"],
  ["foreign_key_checks = 0", "sql_safe_updates = 1", "default_storage_engine = MyISAM"],
  ["sql_select_limit = 0", "sql_big_selects = 0", "max_join_size = 1"],
  [`${tx}_read_only = 1`, `${tx}_isolation = 'READ-UNCOMMITTED'`],
  ["init_connect = 'SET NAMES latin1, sql_mode = NO_BACKSLASH_ESCAPES, autocommit = 0'"],
];
/** What this test itself inherits nothing of. */
const OWN_SESSION = `SET SESSION sql_mode = 'STRICT_ALL_TABLES', autocommit = 1, foreign_key_checks = 1,
  sql_safe_updates = 0, sql_select_limit = 18446744073709551615, sql_big_selects = 1, ${tx}_read_only = 0`;
/** Texts that SQL would be made of if they were ever put into it. */
const TEXTS = [
  "',0,0,9999999999999,null from users where id=1#",
  "\\',0,0,9999999999999,null from users where id=1#",
  "\\' OR 1=1 -- ",
  '\\" OR 1=1 -- ',
  "x\\",
  "'; DROP TABLE users; --",
  "? ?? :name $1",
  "é😀 /* */",
];
/** As they arrive: HTTP trims a header. */
const AGENTS = TEXTS.slice(0, 4).map((text) => text.trim());

describe.runIf(inject("mariadb"))(`a connection inherits nothing from a ${serverName} with`, () => {
  let mariadb: Mariadb;
  const asRoot = async (...statements: string[]): Promise<RowDataPacket[]> => {
    const connection = await createConnection(mariadb.url);
    let rows: RowDataPacket[] = [];
    await connection.query(OWN_SESSION);
    for (const statement of statements) [rows] = await connection.query<RowDataPacket[]>(statement);
    await connection.end();
    return rows;
  };
  beforeAll(async () => {
    mariadb = (await start()) ?? expect.unreachable();
    // init_connect does not apply to root.
    await asRoot("CREATE USER app@'%' IDENTIFIED BY 'app'", "GRANT ALL ON *.* TO app@'%'");
    await asRoot("SET GLOBAL log_output = 'TABLE'");
    await asRoot(
      `REVOKE CONNECTION${serverName === "MySQL" ? "_" : " "}ADMIN, SUPER ON *.* FROM app@'%'`,
    );
  });
  afterAll(() => mariadb.stop());

  test.each(HOSTILE.map((variables) => variables.join("; ")))("%s", async (variables) => {
    const name = `test_${randomBytes(6).toString("hex")}`;
    const { host } = new URL(mariadb.url);
    await asRoot(
      `CREATE DATABASE ${name}`,
      ...variables.split("; ").map((one) => `SET GLOBAL ${one}`),
    );
    await asRoot("SET GLOBAL general_log = 1");
    const engine: Engine = { name, emptyDatabase: async () => `mysql://app:app@${host}/${name}` };
    const service = new Service();
    try {
      await service.start(engine, {});
      const victim = await service.person();
      expect(victim.id).toBe(1);
      const attacker = await service.person({ fullName: TEXTS.join("") });
      const { email, password } = attacker;
      for (const userAgent of AGENTS) {
        const login = { grant_type: "password", username: email, password };
        const first = service.issued(await service.token(login, { "user-agent": userAgent }));
        const { access_token } = service.issued(await service.refresh(first.refresh_token));
        const me = await service.query("me", access_token);
        expect(me.json).toMatchObject({
          result: { data: { id: attacker.id, email, fullName: TEXTS.join("") } },
        });
        const sessions = await service.tegata.db.sessions.list(attacker.id, 0);
        expect(sessions.map((session) => session.userAgent)).toContain(userAgent);
      }
      for (const title of TEXTS)
        await service.tegata.db.items.add({ userId: attacker.id, title, createdAtMs: 1 });
      const items = await service.tegata.db.items.list(attacker.id, { after: 0, limit: 100 });
      expect(items.map(({ title }) => title)).toEqual(expect.arrayContaining(TEXTS));
      // No value is in a statement's text.
      const sent = await asRoot(
        "SELECT argument FROM mysql.general_log WHERE command_type = 'Query' AND user_host LIKE 'app%'",
      );
      expect(sent.length).toBeGreaterThan(2);
      const texts = JSON.stringify(sent.map(({ argument }) => String(argument)));
      expect(texts).not.toContain("OR 1=1");
      expect(texts).not.toContain(email);
      // Deleted with the user, by foreign keys of InnoDB; and committed, as another connection sees.
      expect(await asRoot(`SELECT COUNT(*) AS n FROM ${name}.users`)).toEqual([{ n: 2 }]);
      await asRoot(`DELETE FROM ${name}.users WHERE id = ${attacker.id}`);
      expect(await service.tegata.db.sessions.list(attacker.id, 0)).toEqual([]);
      expect(await service.tegata.db.sessions.list(victim.id, 0)).toEqual([]);
    } finally {
      await service.stop();
      await asRoot(
        "SET GLOBAL sql_mode = DEFAULT, GLOBAL autocommit = 1, GLOBAL foreign_key_checks = 1, GLOBAL sql_safe_updates = 0",
        "SET GLOBAL sql_select_limit = DEFAULT, GLOBAL sql_big_selects = 1, GLOBAL max_join_size = DEFAULT",
        `SET GLOBAL default_storage_engine = InnoDB, GLOBAL ${tx}_read_only = 0, GLOBAL ${tx}_isolation = DEFAULT, GLOBAL init_connect = ''`,
      );
    }
  });
});
