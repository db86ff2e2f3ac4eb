import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { freePort } from "../testing/ports.ts";
import { emptyFolder, useProcesses } from "../testing/process.ts";

const PROBLEM = {
  title: "Service Unavailable",
  status: 503,
  detail: "the log cannot be written",
  faults: ["log"],
};

/** Asks for the readiness until it is as expected. */
async function expectReadiness(url: string, status: number, body: object) {
  const ask = async () => {
    const answer = await fetch(`${url}/readyz`);
    return { status: answer.status, body: await answer.json() };
  };
  await expect.poll(ask).toEqual({ status, body });
}

const untilUp = (url: string) =>
  expect
    .poll(async () =>
      // Unlike `/healthz`, it is not served before the service has started.
      fetch(`${url}/openapi.json`).then(
        ({ status }) => status,
        () => 0,
      ),
    )
    .toBe(200);

describe("a log that cannot be written", () => {
  const start = useProcesses();
  const children: ReturnType<typeof spawn>[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });

  async function settings() {
    const port = String(await freePort());
    return { url: `http://127.0.0.1:${port}`, env: { PORT: port } };
  }
  /** Starts the service with standard output as a pipe that the test may close or not read. */
  async function startPiped() {
    const { url, env } = await settings();
    const child = spawn(process.execPath, [resolve("dist/server/main.js")], {
      cwd: emptyFolder(),
      env: { PATH: process.env["PATH"], ...env },
      stdio: ["ignore", "pipe", "ignore"],
    });
    children.push(child);
    await untilUp(url);
    const { stdout } = child;
    if (!stdout) throw new Error("no standard output");
    return { url, child, stdout, ended: once(child, "exit") };
  }

  test("the disk is full: the service goes on, says so, and stops when told", async () => {
    const { url, env } = await settings();
    const main = resolve("dist/server/main.js");
    const args = ["-c", `exec ${process.execPath} ${main} > /dev/full`];
    const service = start(env, { command: "sh", args });
    await untilUp(url);
    await expectReadiness(url, 503, PROBLEM);
    expect(await fetch(`${url}/users/me`)).toMatchObject({ status: 401 });
    service.signal("SIGTERM");
    expect(await service.ended).toEqual({ code: 0, signal: null });
  });

  test("the pipe is closed: the service goes on, says so, and stops when told", async () => {
    const { url, child, stdout, ended } = await startPiped();
    await expectReadiness(url, 200, { status: "ok" });
    stdout.destroy();
    await expectReadiness(url, 503, PROBLEM);
    expect(await fetch(`${url}/users/me`)).toMatchObject({ status: 401 });
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  });

  test("nobody reads the pipe: the service goes on, and the lines arrive when somebody does", async () => {
    const { url, child, stdout, ended } = await startPiped();
    let asked = 0;
    await expect
      .poll(async () => {
        for (let i = 0; i < 500; i += 1) await fetch(`${url}/n/${asked++}/${"x".repeat(100)}`);
        return (await fetch(`${url}/readyz`)).status;
      })
      .toBe(503);
    let text = "";
    stdout.on("data", (chunk) => {
      text += chunk;
    });
    await expectReadiness(url, 200, { status: "ok" });
    await expect.poll(() => text.match(/"path":"\/n\/\d+/g)?.length).toBe(asked);
    stdout.pause();
    await expect
      .poll(async () => {
        for (let i = 0; i < 500; i += 1) await fetch(`${url}/n/${asked++}/${"x".repeat(100)}`);
        return (await fetch(`${url}/readyz`)).status;
      })
      .toBe(503);
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  });
});
