/** A MariaDB for the tests: in a temporary folder, on a free port of 127.0.0.1, stopped by its process. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { createConnection } from "mysql2/promise";

/** Debian keeps the server out of the path of ordinary users. */
const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin` };
const PASSWORD = "only-for-these-tests";

/** @returns undefined where `mariadbd` is not installed. @throws when it is and does not come up. */
export async function startMariadb(): Promise<
  { url: string; stop: () => Promise<void> } | undefined
> {
  if (!isInstalled()) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "tegata-mariadb-"));
  chmodSync(folder, 0o700);
  const port = await freePort();
  const user = `--user=${userInfo().username}`;
  const data = `--datadir=${join(folder, "data")}`;
  execFileSync(
    "mariadb-install-db",
    ["--no-defaults", user, data, "--auth-root-authentication-method=normal", "--skip-test-db"],
    { env, stdio: "pipe" },
  );
  const init = join(folder, "init.sql");
  writeFileSync(init, `ALTER USER root@localhost IDENTIFIED BY '${PASSWORD}';\n`);
  const server = spawn(
    "mariadbd",
    [
      "--no-defaults",
      user,
      data,
      `--init-file=${init}`,
      `--socket=${join(folder, "socket")}`,
      "--bind-address=127.0.0.1",
      `--port=${port}`,
      "--max-connections=500",
      "--skip-log-bin",
      "--innodb-flush-log-at-trx-commit=0",
      "--innodb-buffer-pool-size=64M",
    ],
    { env, stdio: ["ignore", "ignore", "pipe"] },
  );
  let log = "";
  server.stderr.on("data", (chunk: Buffer) => {
    log = (log + chunk).slice(-4000);
  });
  const stop = async () => {
    await stopProcess(server);
    rmSync(folder, { recursive: true, force: true });
  };
  const url = `mysql://root:${PASSWORD}@127.0.0.1:${port}/`;
  try {
    await untilItAnswers(url, server);
  } catch (cause) {
    await stop();
    throw new Error(`MariaDB did not come up:\n${log}`, { cause });
  }
  return { url, stop };
}

function isInstalled(): boolean {
  try {
    execFileSync("mariadbd", ["--version"], { env, stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

async function untilItAnswers(url: string, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      const connection = await createConnection(url);
      await connection.end();
      return;
    } catch (error) {
      if (server.exitCode !== null || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}
