/** Runs a MariaDB server for the tests, in a temporary folder and on a free port of 127.0.0.1. */
import {
  type ChildProcess,
  type ChildProcessByStdio,
  execFileSync,
  spawn,
} from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { createConnection } from "mysql2/promise";
import { freePort } from "./ports.ts";

/** Debian installs mariadbd outside the PATH of ordinary users. */
const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin` };
const PASSWORD = "only-for-these-tests";

const USER = `--user=${userInfo().username}`;
/** What {@link installMariadb} has made. */
const installed = () => join(tmpdir(), "mariadb-installed");

/** A running server. */
export interface Mariadb {
  /** Without a database name. */
  url: string;
  signal(name: NodeJS.Signals): void;
  /** Kills it, and starts it again with the same data on the same port when `meanwhile` is done. */
  kill: (meanwhile: () => Promise<void>) => Promise<void>;
  stop: () => Promise<void>;
}

/**
 * Starts the server.
 * @param more options of its command line
 * @returns undefined if `mariadbd` is not installed.
 * @throws if the server does not start.
 */
export async function startMariadb(...more: string[]): Promise<Mariadb | undefined> {
  if (!isInstalled()) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "tegata-mariadb-"));
  chmodSync(folder, 0o700);
  // At its start a server removes the temporary tables in its temporary folder, whoever they belong to.
  const own = { ...env, TMPDIR: folder };
  const port = await freePort();
  const data = `--datadir=${join(folder, "data")}`;
  if (existsSync(installed())) cpSync(installed(), join(folder, "data"), { recursive: true });
  else install(join(folder, "data"));
  const init = join(folder, "init.sql");
  writeFileSync(init, `ALTER USER root@localhost IDENTIFIED BY '${PASSWORD}';\n`);
  const options = [
    "--no-defaults",
    USER,
    data,
    `--init-file=${init}`,
    `--socket=${join(folder, "socket")}`,
    "--bind-address=127.0.0.1",
    `--port=${port}`,
    "--max-connections=500",
    "--skip-log-bin",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-buffer-pool-size=64M",
    ...more,
  ];
  const launch = () =>
    spawn("mariadbd", options, { env: own, stdio: ["ignore", "ignore", "pipe"] });
  const url = `mysql://root:${PASSWORD}@127.0.0.1:${port}/`;
  return keepRunning("MariaDB", launch, { url, folder });
}

/**
 * Starts a server, and again after it was killed.
 * @param folder what it has on the disk; removed at the end
 * @throws if it does not start
 */
export async function keepRunning(
  name: string,
  launch: () => ChildProcessByStdio<null, null, Readable>,
  { url, folder }: { url: string; folder: string },
): Promise<Mariadb> {
  let log = "";
  const launchLogged = () => {
    const child = launch();
    child.stderr.on("data", (chunk: Buffer) => {
      log = (log + chunk).slice(-4000);
    });
    return child;
  };
  let server = launchLogged();
  const stop = async () => {
    // What it would still write is removed.
    await stopProcess(server, "SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilReady(url, server);
  } catch (cause) {
    await stop();
    throw new Error(`${name} did not start:\n${log}`, { cause });
  }
  return {
    url,
    stop,
    signal(name) {
      server.kill(name);
      // It still answers what its other threads have begun.
      while (name === "SIGSTOP" && !isStopped(server));
    },
    async kill(meanwhile) {
      await stopProcess(server, "SIGKILL");
      await meanwhile();
      server = launchLogged();
      await untilReady(url, server);
    },
  };
}

/** Makes the data folder that all servers of a test run then copy, if `mariadbd` is installed. */
export function installMariadb(): void {
  if (isInstalled()) install(installed());
}

function install(folder: string): void {
  execFileSync(
    "mariadb-install-db",
    [
      "--no-defaults",
      USER,
      `--datadir=${folder}`,
      "--auth-root-authentication-method=normal",
      "--skip-test-db",
    ],
    // At its start a server removes the temporary tables in its temporary folder, whoever they belong to.
    { env: { ...env, TMPDIR: dirname(folder) }, stdio: "pipe" },
  );
}

function isInstalled(): boolean {
  try {
    execFileSync("mariadbd", ["--version"], { env, stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Waits until a server takes connections. @throws if it ends, or does not within a minute */
async function untilReady(url: string, server: ChildProcess): Promise<void> {
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

/** Whether all threads of a process have been stopped, or the process has ended. */
function isStopped({ pid }: ChildProcess): boolean {
  const folder = `/proc/${pid}/task`;
  try {
    return readdirSync(folder).every((task) =>
      /\) T /.test(readFileSync(`${folder}/${task}/stat`, "utf8")),
    );
  } catch {
    // A thread has ended meanwhile, or there is no such folder.
    return !existsSync(folder);
  }
}

/** Asks a process to end, and waits until it has. */
export async function stopProcess(
  child: ChildProcess,
  signal: NodeJS.Signals = "SIGTERM",
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await ended;
}
