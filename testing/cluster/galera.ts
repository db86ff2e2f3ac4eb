/** Runs a Galera cluster of MariaDB servers, in temporary folders and on free ports of 127.0.0.1. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { freePort } from "../ports.ts";

const PROVIDER = "/usr/lib/galera/libgalera_smm.so";
/** Debian installs mariadbd outside the PATH of ordinary users. The servers run rsync to copy their data. */
const ENV = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin` };
/** mariadbd gives root up for this user. */
const OWNER = userInfo().username === "root" ? "mysql" : userInfo().username;
const PASSWORD = "only-for-these-tests";
const READY_MS = 90_000;
const PAGE = "docs/scaling.md";

/** One server of the cluster. */
export class GaleraNode {
  /** The last lines of its log. */
  log = "";
  readonly name: string;
  readonly port: number;
  readonly #data: string;
  readonly #options: readonly string[];
  #server: ChildProcess | undefined;

  constructor({ name, port, data }: Place, options: readonly string[]) {
    this.name = name;
    this.port = port;
    this.#data = data;
    this.#options = options;
  }

  /** The URL of a database on this node. */
  url(database = ""): string {
    return `mysql://app:${PASSWORD}@127.0.0.1:${this.port}/${database}`;
  }

  /** Starts the server, and waits until it has the data of the others. @throws if it does not get it in time */
  async start(...more: string[]): Promise<void> {
    const position = this.#position();
    this.log = "";
    const server = spawn("mariadbd", [...this.#options, ...position, ...more], {
      env: ENV,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#server = server;
    server.stderr.on("data", (chunk: Buffer) => {
      this.log = (this.log + chunk).slice(-20_000);
    });
    const deadline = Date.now() + READY_MS;
    while (!(await this.isSynced())) {
      if (server.exitCode !== null || Date.now() > deadline)
        throw new Error(`the node ${this.name} did not start:\n${this.log}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /**
   * How far the server had come before it crashed, which Debian's service finds out in the same way. Without that, the
   * node would copy all data instead of the changes that it missed.
   */
  #position(): string[] {
    if (!existsSync(join(this.#data, "ibdata1"))) return [];
    const { stderr } = spawnSync("mariadbd", [...this.#options, "--wsrep-recover"], {
      env: ENV,
      encoding: "utf8",
    });
    const position = stderr.match(/Recovered position:? (\S+)/)?.[1];
    return position === undefined ? [] : [`--wsrep-start-position=${position}`];
  }

  async isSynced(): Promise<boolean> {
    try {
      const [row] = await this.query("SHOW STATUS LIKE 'wsrep_local_state_comment'");
      return row?.["Value"] === "Synced";
    } catch {
      return false;
    }
  }

  /** Runs a statement on a connection of its own. */
  async query(text: string, database = "mysql"): Promise<RowDataPacket[]> {
    const url = this.url(database).replace("//app:", "//root:");
    const connection = await createConnection({ uri: url, connectTimeout: 2_000 });
    try {
      const [rows] = await connection.query<RowDataPacket[]>(text);
      return rows;
    } finally {
      connection.destroy();
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#server?.kill(name);
  }

  /** Ends the server as a crash of its machine would. */
  async kill(): Promise<void> {
    const server = this.#server;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGKILL");
    await ended;
  }

  /** Deletes the data of a server that does not run, as if its disk had been replaced. */
  lose(): void {
    for (const name of readdirSync(this.#data))
      rmSync(join(this.#data, name), { recursive: true, force: true });
  }
}

/** Whether everything that a cluster needs is installed. */
export const hasGalera = existsSync(PROVIDER) && existsSync("/usr/bin/rsync");

/** A running cluster. */
export interface Galera {
  nodes: readonly GaleraNode[];
  stop(): Promise<void>;
}

/**
 * Starts a cluster with an empty database `tegata`: the first node by itself, then the others, which copy its data.
 * @throws if a node does not start
 */
export async function startGalera(names: readonly string[]): Promise<Galera> {
  const folder = mkdtempSync(join(tmpdir(), "tegata-galera-"));
  chmodSync(folder, 0o755);
  const groupPorts = await Promise.all(names.map(() => freePort()));
  const members = groupPorts.map((port) => `127.0.0.1:${port}`).join(",");
  const nodes: GaleraNode[] = [];
  const stop = async () => {
    for (const node of nodes) await node.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (const [i, name] of names.entries()) {
      const data = join(folder, name);
      mkdirSync(data);
      execFileSync("chown", [OWNER, data]);
      const port = await freePort();
      const place = { name, data, port, groupPort: groupPorts[i], members };
      const node = new GaleraNode(place, await nodeOptions(place));
      nodes.push(node);
      await node.start(...(i === 0 ? createData(folder, data) : []));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { nodes, stop };
}

/** Creates the data of the first node. @returns the options of its first start */
function createData(folder: string, data: string): string[] {
  execFileSync(
    "mariadb-install-db",
    [
      "--no-defaults",
      `--user=${OWNER}`,
      `--datadir=${data}`,
      "--auth-root-authentication-method=normal",
      "--skip-test-db",
    ],
    { env: ENV, stdio: "pipe" },
  );
  const init = join(folder, "init.sql");
  const statements = [
    `ALTER USER root@localhost IDENTIFIED BY '${PASSWORD}'`,
    "CREATE DATABASE tegata",
    `CREATE USER app@localhost IDENTIFIED BY '${PASSWORD}'`,
    "GRANT ALL ON tegata.* TO app@localhost",
  ];
  writeFileSync(init, statements.map((text) => `${text};\n`).join(""));
  return ["--wsrep-new-cluster", `--init-file=${init}`];
}

interface Place {
  name: string;
  data: string;
  port: number;
  groupPort: number | undefined;
  /** The addresses of all nodes. */
  members: string;
}

async function nodeOptions({ name, data, port, groupPort, members }: Place): Promise<string[]> {
  const provider = [
    documented("wsrep_provider_options"),
    `gmcast.listen_addr=tcp://127.0.0.1:${groupPort}`,
    `ist.recv_addr=127.0.0.1:${await freePort()}`,
    "gcache.size=16M",
  ];
  const same = ["binlog_format", "innodb_autoinc_lock_mode", "wsrep_on", "wsrep_sst_method"];
  return [
    "--no-defaults",
    `--user=${OWNER}`,
    `--datadir=${data}`,
    `--tmpdir=${data}`,
    `--socket=${join(data, "socket")}`,
    `--pid-file=${join(data, "pid")}`,
    "--bind-address=127.0.0.1",
    `--port=${port}`,
    "--innodb-buffer-pool-size=32M",
    // The other nodes have what a crashed one loses.
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-force-primary-key=ON",
    ...same.map((option) => `--${option}=${documented(option)}`),
    `--wsrep-provider=${PROVIDER}`,
    `--wsrep-cluster-address=gcomm://${members}`,
    `--wsrep-node-name=${name}`,
    `--wsrep-node-address=127.0.0.1:${groupPort}`,
    `--wsrep-sst-receive-address=127.0.0.1:${await freePort()}`,
    `--wsrep-provider-options=${provider.join(";")}`,
  ];
}

/** What docs/scaling.md says that an option must be. @throws if it says nothing */
function documented(option: string): string {
  const line = new RegExp(`^${option} = "?([^"\n]+)"?$`, "m");
  const [, value] = readFileSync(PAGE, "utf8").match(line) ?? [];
  if (value === undefined) throw new Error(`${PAGE} does not show ${option}`);
  return value;
}
