/** Runs HAProxy with the configuration that docs/scaling.md shows, on ports of 127.0.0.1. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stopProcess } from "../mariadb.ts";
import { freePort } from "../ports.ts";

const PROGRAM = "/usr/sbin/haproxy";
const PAGE = "docs/scaling.md";

/** Whether HAProxy is installed. */
export const hasHaproxy = existsSync(PROGRAM);

/** A running HAProxy. */
export interface Haproxy {
  port: number;
  stop(): Promise<void>;
}

/**
 * Starts HAProxy in front of instances of Tegata.
 * @param ports those of the instances, as many as the page has
 * @throws if the page has another number of them, or HAProxy does not start
 */
export async function startHaproxy(ports: readonly number[]): Promise<Haproxy> {
  const [, config = ""] = readFileSync(PAGE, "utf8").match(/```haproxy\n(.*?)```/s) ?? [];
  const port = await freePort();
  return start(withPorts(config, port, ports), port);
}

/** Starts HAProxy so that each new connection to it goes to the next of some ports. */
export async function startRoundRobin(ports: readonly number[]): Promise<Haproxy> {
  const port = await freePort();
  const servers = ports.map((one, i) => `  server node${i} 127.0.0.1:${one}`).join("\n");
  const timeouts = "  timeout connect 1s\n  timeout client 600s\n  timeout server 600s";
  const config = `listen any\n  bind 127.0.0.1:${port}\n  mode tcp\n${timeouts}\n  balance roundrobin\n${servers}\n`;
  return start(config, port);
}

/** Replaces the addresses of the page, and nothing else of it. */
function withPorts(config: string, port: number, ports: readonly number[]): string {
  const left = [...ports];
  const replaced = config
    .replace(/bind :443 ssl crt \S+/, `bind 127.0.0.1:${port}`)
    .replace(/10\.0\.0\.\d:3000/g, () => `127.0.0.1:${left.shift()}`);
  if (left.length > 0 || replaced.includes("undefined") || !replaced.includes(`:${port}`))
    throw new Error(`${PAGE} does not show a proxy for ${ports.length} instances`);
  return replaced;
}

async function start(config: string, port: number): Promise<Haproxy> {
  const folder = mkdtempSync(join(tmpdir(), "tegata-haproxy-"));
  const file = join(folder, "haproxy.cfg");
  writeFileSync(file, config);
  const child = spawn(PROGRAM, ["-db", "-f", file], { stdio: ["ignore", "ignore", "pipe"] });
  let printed = "";
  child.stderr.on("data", (chunk: Buffer) => {
    printed = (printed + chunk).slice(-4000);
  });
  await untilListening(child, () => printed, port);
  return {
    port,
    async stop() {
      await stopProcess(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function untilListening(child: ChildProcess, printed: () => string, port: number) {
  while (!(await listens(port))) {
    if (child.exitCode !== null) throw new Error(`HAProxy did not start:\n${printed()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true));
    socket.once("error", () => resolve(false)).unref();
    socket.once("connect", () => socket.destroy());
  });
}
