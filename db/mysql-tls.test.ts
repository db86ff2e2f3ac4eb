import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createConnection } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type Mariadb, startMariadb } from "../testing/mariadb.ts";
import { openDb } from "./open.ts";

/** Makes two authorities, and a certificate of the first for `localhost`. */
function makeCertificates(): string {
  const folder = mkdtempSync(join(tmpdir(), "tegata-tls-"));
  const openssl = (...args: string[]) =>
    execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  for (const name of ["ca", "other"])
    openssl(
      "req",
      "-x509",
      ...key,
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.pem`,
      "-subj",
      `/CN=${name}`,
    );
  openssl("req", ...key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=db");
  writeFileSync(join(folder, "san"), "subjectAltName=DNS:localhost\n");
  openssl(
    "x509",
    "-req",
    "-in",
    "server.csr",
    "-CA",
    "ca.pem",
    "-CAkey",
    "ca.key",
    "-CAcreateserial",
    "-extfile",
    "san",
    "-out",
    "server.pem",
  );
  return folder;
}

describe.runIf(inject("mariadb"))("TLS to MariaDB", () => {
  const plain = new URL(inject("mariadb") ?? "mysql://nowhere");
  const folder = makeCertificates();
  let mariadb: Mariadb;
  beforeAll(async () => {
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
  ])("is had with %s", (query) => open(query));

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

  test("is not given up for a server that has none", async () => {
    await expect(openDb(`${plain.href}mysql?sslmode=require`, { migrate: false })).rejects.toThrow(
      /^DATABASE_URL: the server offers no TLS/,
    );
  });
});
