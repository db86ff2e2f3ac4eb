import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createConnection } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { makeCertificates } from "../testing/certificates.ts";
import { type Mariadb, startMariadb } from "../testing/mariadb.ts";
import { openDb } from "./open.ts";

describe.runIf(inject("mariadb"))("TLS to MariaDB", () => {
  const plain = new URL(inject("mariadb") ?? "mysql://nowhere");
  const folder = mkdtempSync(join(tmpdir(), "tegata-tls-"));
  let mariadb: Mariadb;
  beforeAll(async () => {
    makeCertificates(folder);
    mariadb =
      (await startMariadb(
        `--ssl-ca=${folder}/ca.pem`,
        `--ssl-cert=${folder}/server.pem`,
        `--ssl-key=${folder}/server.key`,
      )) ?? expect.unreachable();
    const connection = await createConnection(mariadb.url);
    await connection.query("CREATE DATABASE tls");
    await connection.query("CREATE USER tls@'%' IDENTIFIED BY 'tls' REQUIRE SSL");
    await connection.query("GRANT ALL ON tls.* TO tls@'%'");
    await connection.end();
  });
  afterAll(() => mariadb.stop());
  const open = async (query: string, host = "localhost") => {
    const { port } = new URL(mariadb.url);
    // The server itself lets this user in with TLS only.
    const db = await openDb(`mysql://tls:tls@${host}:${port}/tls?${query}`, { migrate: true });
    await db.close();
  };

  test.each([
    "sslmode=require",
    `ssl-ca=${folder}/ca.pem`,
    `ssl-mode=VERIFY_CA&ssl-ca=${folder}/ca.pem`,
    `sslmode=verify-full&sslrootcert=${folder}/ca.pem`,
  ])("is used with %s", (query) => open(query));

  test.each([
    ["", "localhost", /^DATABASE_URL: the server refuses the user/],
    ["sslmode=verify-ca", "localhost", /^DATABASE_URL: .*ssl-ca=FILE/],
    ['ssl={"rejectUnauthorized":true}', "localhost", /^DATABASE_URL: .*ssl-ca=FILE/],
    [`ssl-ca=${folder}/other.pem`, "localhost", /^DATABASE_URL: .*ssl-ca=FILE/],
    [`sslmode=require&ssl-ca=${folder}/other.pem`, "localhost", /^DATABASE_URL: .*ssl-ca=FILE/],
    [`ssl-ca=${folder}/none.pem`, "localhost", /^DATABASE_URL: the file of ssl-ca cannot be read/],
    // Another way to write 127.0.0.1, which the certificate does not name.
    [`sslmode=verify-full&ssl-ca=${folder}/ca.pem`, "0x7f.1", /^DATABASE_URL: .*certificate/],
    ["sslaccept=strict", "localhost", /^DATABASE_URL: the parameter sslaccept is unknown/],
  ])("the start fails with '%s' to %s", async (query, host, why) => {
    await expect(open(query, host)).rejects.toThrow(why);
  });

  test("is required even if the server has none", async () => {
    await expect(openDb(`${plain.href}mysql?sslmode=require`, { migrate: false })).rejects.toThrow(
      /^DATABASE_URL: the server offers no TLS/,
    );
  });
});
