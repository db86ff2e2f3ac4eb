/** Runs nginx or Caddy in a temporary folder, on a free port of 127.0.0.1, as a proxy in front of a service. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { freePort } from "./ports.ts";

/** The reverse proxies, and where Debian installs them: nginx outside the PATH of ordinary users. */
const PROGRAMS = { nginx: "/usr/sbin/nginx", Caddy: "/usr/bin/caddy" };

/** The name of a reverse proxy that tests use. */
export type ProxyName = keyof typeof PROGRAMS;

/** Whether the proxies are installed. In CI they must be. */
export const hasProxies = Object.values(PROGRAMS).every((path) => existsSync(path));
if (!hasProxies && process.env["CI"])
  throw new Error("nginx or Caddy is not installed. CI must test behind both.");

/** A running proxy. */
export interface ReverseProxy {
  /** `http://127.0.0.1:PORT` */
  url: string;
  stop(): Promise<void>;
}

/** The whole configuration file, and the arguments to start the proxy with. */
const SETUPS: Record<
  ProxyName,
  (setup: { folder: string; port: number; config: string }) => { text: string; args: string[] }
> = {
  nginx({ folder, port, config }) {
    const folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map((name) => `${name}_temp_path ${join(folder, name)};`)
      .join("\n");
    const text = `daemon off; worker_processes 1; user ${userInfo().username}; pid ${join(folder, "pid")};
error_log stderr warn;
events { worker_connections 256; }
http { access_log off; ${folders}
${config.replaceAll("listen PORT", `listen 127.0.0.1:${port}`)} }\n`;
    return { text, args: ["-p", folder, "-c", join(folder, "config"), "-e", "stderr"] };
  },
  Caddy({ folder, port, config }) {
    const text = `{
  admin off
  auto_https off
  storage file_system ${folder}
}
${config.replaceAll("listen PORT", `http://127.0.0.1:${port}`)}\n`;
    return { text, args: ["run", "--adapter", "caddyfile", "--config", join(folder, "config")] };
  },
};

/**
 * Starts a proxy.
 * @param config the `http` block of nginx, or the sites of Caddy; `listen PORT` stands for the address
 * @throws when it does not start
 */
export async function startProxy(name: ProxyName, config: string): Promise<ReverseProxy> {
  const folder = mkdtempSync(join(tmpdir(), "tegata-proxy-"));
  const port = await freePort();
  const { text, args } = SETUPS[name]({ folder, port, config });
  writeFileSync(join(folder, "config"), text);
  // Caddy saves its configuration there.
  const env = { ...process.env, XDG_CONFIG_HOME: folder };
  const child = spawn(PROGRAMS[name], args, { env, stdio: ["ignore", "ignore", "pipe"] });
  let printed = "";
  child.stderr.on("data", (chunk: Buffer) => {
    printed = (printed + chunk).slice(-4000);
  });
  const ended = once(child, "close");
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  while (!(await answers(url)))
    if (child.exitCode !== null) throw new Error(`${name} did not start:\n${printed}`);
  return { url, stop };
}

/** Waits a little if it does not. */
async function answers(url: string): Promise<boolean> {
  try {
    await (await fetch(url, { redirect: "manual" })).arrayBuffer();
    return true;
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return false;
  }
}
