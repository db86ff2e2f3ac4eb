import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { logIn, refresh, register } from "../testing/accounts-load.ts";
import { emptyFolder, type Running, urlOf, useProcesses } from "../testing/process.ts";
import { SECRET_KEY } from "../testing/service.ts";

const run = useProcesses();
const MAIN = resolve("dist/server/main.js");
const MOUNT = "mount -t tmpfs -o size=4m tmpfs disk && head -c 2000000 /dev/zero > disk/filler";

/** A way to fill the disk of a process, and to make room again. */
interface Disk {
  name: string;
  isPossible: boolean;
  command: [string, ...string[]];
  fill(service: Running): void;
  makeRoom(service: Running, cwd: string): void;
}

/** In a user namespace of its own, a process may mount a small disk. */
const canMount =
  spawnSync("unshare", ["-Urm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0;
const limit = ({ pid }: Running, bytes: string) =>
  execFileSync("prlimit", [`--pid=${pid}`, `--fsize=${bytes}:unlimited`]);

const DISKS: Disk[] = [
  {
    name: "a disk that is full",
    isPossible: canMount,
    command: ["unshare", "-Urm", "sh", "-c", `${MOUNT} && exec "$0" "$1"`, process.execPath, MAIN],
    fill: () => undefined,
    makeRoom: ({ pid }, cwd) => rmSync(join(`/proc/${pid}/root`, cwd, "disk/filler")),
  },
  {
    name: "a limit for the size of a file",
    isPossible: process.platform === "linux",
    command: [process.execPath, MAIN],
    fill: (service) => limit(service, "1000000"),
    makeRoom: (service) => limit(service, "unlimited"),
  },
];

test.each(DISKS.filter(({ isPossible }) => isPossible))(
  "with $name, writes get 503 and reads are served, and what was confirmed is kept",
  async ({ command: [command, ...args], fill, makeRoom }) => {
    const cwd = emptyFolder();
    mkdirSync(join(cwd, "disk"));
    const env = { PORT: "0", DATABASE_URL: "file:disk/x.db", SECRET_KEY };
    const service = run({ ...env, REGISTRATIONS_PER_ADDRESS: "1000000" }, { cwd, command, args });
    const url = await urlOf(service);
    const confirmed: string[] = [];
    const registerNext = async (i: number) => {
      const email = `user${i}@example.com`;
      const { status } = await register(url, email);
      if (status === 200) confirmed.push(email);
      return status;
    };

    await registerNext(0);
    const { refreshToken = "" } = await logIn(url, "user0@example.com");
    const { refreshToken: next = "" } = await refresh(url, refreshToken);
    fill(service);
    let count = 1;
    while ((await registerNext(count)) === 200) count += 1;
    for (let i = 0; i < 10; i += 1) {
      count += 1;
      expect(await registerNext(count)).toBe(503);
    }
    expect((await refresh(url, next)).status).toBe(503);
    expect((await fetch(`${url}/trpc/isLoggedIn`)).status).toBe(200);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);

    makeRoom(service, cwd);
    expect((await refresh(url, next)).status).toBe(200);
    for (let i = 0; i < 10; i += 1) {
      count += 1;
      expect(await registerNext(count)).toBe(200);
    }
    service.signal("SIGKILL");
    await service.ended;
    if (command !== process.execPath) return;
    // The kill shows what was only in memory.
    const again = run(env, { cwd });
    const second = await urlOf(again);
    for (const email of confirmed) expect((await logIn(second, email)).status).toBe(200);
    again.signal("SIGTERM");
    await again.ended;
  },
);
