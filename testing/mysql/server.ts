/** Runs a MySQL server for the tests, in a temporary folder and on a free port of 127.0.0.1. */
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { keepRunning, type Mariadb } from "../mariadb.ts";
import { freePort } from "../ports.ts";

/** Where `fetch.sh` unpacks MySQL and its libraries. */
const ROOT = resolve(import.meta.dirname, "../../.cache/mysql/root");
const PASSWORD = "only-for-these-tests";

/** MySQL's libraries are newer than those of this machine: its own loader finds them. */
const [LOADER, ...PROGRAM] = [
  join(ROOT, "usr/lib64/ld-linux-x86-64.so.2"),
  "--library-path",
  join(ROOT, "usr/lib/x86_64-linux-gnu"),
  join(ROOT, "usr/sbin/mysqld"),
  "--no-defaults",
  `--basedir=${join(ROOT, "usr")}`,
  `--lc-messages-dir=${join(ROOT, "usr/share/mysql")}`,
  `--user=${userInfo().username}`,
] as const;

/**
 * Starts the server.
 * @param more options of its command line
 * @throws if MySQL was not fetched, or does not start
 */
export async function startMysql(...more: string[]): Promise<Mariadb> {
  if (!existsSync(LOADER)) throw new Error("MySQL is missing: run testing/mysql/fetch.sh.");
  const folder = mkdtempSync(join(tmpdir(), "tegata-mysql-"));
  chmodSync(folder, 0o700);
  const port = await freePort();
  const data = `--datadir=${join(folder, "data")}`;
  execFileSync(LOADER, [...PROGRAM, data, "--initialize-insecure"], { stdio: "pipe" });
  const init = join(folder, "init.sql");
  writeFileSync(init, `ALTER USER root@localhost IDENTIFIED BY '${PASSWORD}';\n`);
  const options = [
    ...PROGRAM,
    data,
    `--init-file=${init}`,
    `--socket=${join(folder, "socket")}`,
    `--pid-file=${join(folder, "pid")}`,
    `--tmpdir=${folder}`,
    "--bind-address=127.0.0.1",
    `--port=${port}`,
    "--mysqlx=OFF",
    "--secure-file-priv=NULL",
    "--max-connections=500",
    "--skip-log-bin",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-buffer-pool-size=64M",
    // Group Replication requires one in every table.
    "--sql-require-primary-key=ON",
    ...more,
  ];
  const launch = () => spawn(LOADER, options, { stdio: ["ignore", "ignore", "pipe"] });
  const url = `mysql://root:${PASSWORD}@127.0.0.1:${port}/`;
  return keepRunning("MySQL", launch, { url, folder });
}
