/** Runs nginx in a temporary folder, on a free port of 127.0.0.1, as a proxy in front of a service. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { freePort } from "./ports.ts";

/** Debian installs it outside the PATH of ordinary users. */
const NGINX = "/usr/sbin/nginx";

/** Whether nginx is installed. In CI it must be. */
export const hasNginx = existsSync(NGINX);
if (!hasNginx && process.env["CI"])
  throw new Error("nginx is not installed. CI must test behind a proxy.");

/** A running nginx. */
export interface Nginx {
  /** `http://127.0.0.1:PORT` */
  url: string;
  stop(): Promise<void>;
}

/**
 * Starts nginx.
 * @param config the content of its `http` block; `listen PORT` stands for the address
 * @throws when it does not start
 */
export async function startNginx(config: string): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), "tegata-nginx-"));
  const port = await freePort();
  const folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${join(folder, name)};`)
    .join("\n");
  const text = `daemon off; worker_processes 1; user ${userInfo().username}; pid ${join(folder, "pid")};
error_log stderr warn;
events { worker_connections 256; }
http { access_log off; ${folders}
${config.replaceAll("listen PORT", `listen 127.0.0.1:${port}`)} }\n`;
  writeFileSync(join(folder, "nginx.conf"), text);
  const child = spawn(NGINX, ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
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
    if (child.exitCode !== null) throw new Error(`nginx did not start:\n${printed}`);
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
