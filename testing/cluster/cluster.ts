/** A whole cluster: three instances of Tegata behind HAProxy, each with a database node of its own. */
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { type Galera, hasGalera, startGalera } from "./galera.ts";
import { type Haproxy, hasHaproxy, startHaproxy } from "./haproxy.ts";
import { type Instance, makeInstance } from "./instances.ts";

const NAMES = ["a", "b", "c"];
/** So many take a node some tenths of a second. */
const LAG_ROWS = 20_000;

if (!hasGalera || !hasHaproxy)
  throw new Error("Install them: apt-get install haproxy mariadb-server galera-4 rsync lsof");

/** A running cluster. */
export class Cluster {
  galera!: Galera;
  instances: Instance[] = [];
  haproxy!: Haproxy;

  async start(): Promise<void> {
    this.galera = await startGalera(NAMES);
    this.instances = await Promise.all(
      this.galera.nodes.map((node) => makeInstance(node.url("tegata"))),
    );
    // All at once: each of them finds an empty database.
    await Promise.all(this.instances.map((instance) => instance.start()));
    this.haproxy = await startHaproxy(this.instances.map(({ port }) => port));
  }

  async stop(): Promise<void> {
    await this.haproxy?.stop();
    await Promise.all(this.instances.map((instance) => instance.end("SIGKILL")));
    await this.galera?.stop();
  }

  get url(): string {
    return `http://127.0.0.1:${this.haproxy.port}`;
  }

  /** The addresses of the instances, past HAProxy, beginning with the one with this number. */
  urls(first = 0): [string, string, string] {
    const at = (i: number) =>
      this.instances[(first + i) % NAMES.length]?.url ?? expect.unreachable();
    return [at(0), at(1), at(2)];
  }

  /** The instance and its node. */
  member(i: number) {
    const [instance, node] = [this.instances[i], this.galera.nodes[i]];
    return instance && node ? { instance, node } : expect.unreachable();
  }

  /**
   * Changes many rows through one node, again and again, until the test ends: while the others apply that, they lag
   * behind.
   */
  async makeLag(): Promise<void> {
    const { node } = this.member(0);
    await node.query("CREATE DATABASE IF NOT EXISTS lag");
    await node.query("CREATE OR REPLACE TABLE lag.rows (id int PRIMARY KEY, n int NOT NULL)");
    await node.query(`INSERT INTO lag.rows SELECT seq, 0 FROM seq_1_to_${LAG_ROWS}`);
    let isEnding = false;
    const work = async () => {
      while (!isEnding) await node.query("UPDATE lag.rows SET n = n + 1");
    };
    const working = work();
    onTestFinished(() => {
      isEnding = true;
      return working;
    });
  }

  /** The checksums of all tables on each node. */
  async checksums(): Promise<string[]> {
    return Promise.all(
      this.galera.nodes.map(async (node) => {
        // It waits until everything that the cluster has agreed on is applied here.
        const tables = await node.query(
          "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'tegata' ORDER BY 1",
        );
        const names = tables.map(({ name }) => `\`${name}\``).join(", ");
        const rows = await node.query(`CHECKSUM TABLE ${names} EXTENDED`, "tegata");
        return rows.map(({ Table, Checksum }) => `${Table} ${Checksum}`).join("\n");
      }),
    );
  }
}

/** Starts a cluster before the tests of a file, and stops it after them. */
export function useCluster(): Cluster {
  const cluster = new Cluster();
  beforeAll(() => cluster.start());
  afterAll(() => cluster.stop());
  return cluster;
}
