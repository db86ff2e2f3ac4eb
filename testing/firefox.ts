/** A real Firefox, driven by its own protocol: Playwright needs a Firefox of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { z } from "zod";
import { freePort } from "./ports.ts";

const path = [process.env["FIREFOX"] ?? "", "/usr/bin/firefox-esr", "/usr/bin/firefox"].find(
  (file) => existsSync(file),
);
if (!path && process.env["CI"]) throw new Error("Firefox is not installed. CI must test it.");

/** Whether Firefox is installed. In CI it always is. */
export const hasFirefox = path !== undefined;

/** A response of the Marionette protocol. */
const Response = z.tuple([z.literal(1), z.number(), z.unknown(), z.unknown()]);

/** A running Firefox with one window. */
export class Firefox {
  readonly #folder = mkdtempSync(join(tmpdir(), "tegata-firefox-"));
  readonly #waiting = new Map<number, (response: z.infer<typeof Response>) => void>();
  #process: ChildProcess | undefined;
  #socket: Socket | undefined;
  #received = Buffer.alloc(0);
  #commands = 0;

  /** @param prefs the settings of `about:config` that differ from the defaults of a test */
  async start(prefs: Record<string, boolean | number> = {}): Promise<void> {
    const port = await freePort();
    const lines = Object.entries({ "marionette.port": port }).map(
      ([name, value]) => `user_pref(${JSON.stringify(name)}, ${value});`,
    );
    writeFileSync(join(this.#folder, "user.js"), lines.join("\n"));
    this.#process = spawn(
      path ?? "",
      ["--headless", "--marionette", "--remote-allow-system-access", "--profile", this.#folder],
      { stdio: "ignore", env: { ...process.env, HOME: this.#folder } },
    );
    this.#socket = await this.#connect(port);
    await this.#command("WebDriver:NewSession", {});
    for (const [name, value] of Object.entries(prefs))
      await this.inBrowser(
        `Services.prefs.set${typeof value === "number" ? "Int" : "Bool"}Pref(...args)`,
        [name, value],
      );
  }

  async stop(): Promise<void> {
    this.#socket?.destroy();
    const ended = new Promise((done) => this.#process?.once("exit", done) ?? done(undefined));
    this.#process?.kill("SIGKILL");
    await ended;
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async open(url: string): Promise<void> {
    await this.#command("WebDriver:Navigate", { url });
  }

  /** Runs the body of an asynchronous function in the page. @returns what it returns */
  inPage(script: string, args: unknown[] = []): Promise<unknown> {
    return this.#run("content", script, args);
  }

  /** The same in the browser itself, with all of its privileges. */
  inBrowser(script: string, args: unknown[] = []): Promise<unknown> {
    return this.#run("chrome", script, args);
  }

  /** Types into the element that matches a selector, with real key events. */
  async type(selector: string, text: string): Promise<void> {
    const found = await this.#command("WebDriver:FindElement", {
      using: "css selector",
      value: selector,
    });
    const { value } = z.object({ value: z.record(z.string(), z.string()) }).parse(found);
    await this.#command("WebDriver:ElementSendKeys", { id: Object.values(value)[0], text });
  }

  async #run(context: "content" | "chrome", script: string, args: unknown[]): Promise<unknown> {
    await this.#command("Marionette:SetContext", { value: context });
    const result = await this.#command("WebDriver:ExecuteScript", {
      script: `return (async (...args) => { ${script} })(...arguments)`,
      args,
    });
    await this.#command("Marionette:SetContext", { value: "content" });
    return z.object({ value: z.unknown() }).parse(result).value;
  }

  #command(name: string, parameters: object): Promise<unknown> {
    this.#commands += 1;
    const id = this.#commands;
    const text = JSON.stringify([0, id, name, parameters]);
    return new Promise((done, fail) => {
      this.#waiting.set(id, ([, , error, result]) =>
        error ? fail(new Error(`${name}: ${JSON.stringify(error)}`)) : done(result),
      );
      this.#socket?.write(`${Buffer.byteLength(text)}:${text}`);
    });
  }

  async #connect(port: number): Promise<Socket> {
    const deadline = Date.now() + 50_000;
    for (;;) {
      const socket = connect(port, "127.0.0.1");
      const isOpen = await new Promise<boolean>((done) => {
        socket.once("connect", () => done(true)).once("error", () => done(false));
      });
      if (isOpen) return socket.on("data", (chunk) => this.#receive(chunk));
      if (Date.now() > deadline || this.#process?.exitCode !== null)
        throw new Error("Firefox did not start");
      await new Promise((done) => setTimeout(done, 200));
    }
  }

  /** A message is its length in bytes, a colon, and JSON. The first one is a greeting. */
  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (;;) {
      const colon = this.#received.indexOf(":");
      const end = colon + 1 + Number(this.#received.subarray(0, colon).toString());
      if (colon < 0 || this.#received.length < end) return;
      const message: unknown = JSON.parse(this.#received.subarray(colon + 1, end).toString());
      this.#received = this.#received.subarray(end);
      const response = Response.safeParse(message);
      if (response.success) this.#waiting.get(response.data[1])?.(response.data);
    }
  }
}

/** Gives the tests of a `describe` a way to start Firefox. After those tests it is stopped. */
export function useFirefox(): (prefs?: Record<string, boolean | number>) => Promise<Firefox> {
  const started: Firefox[] = [];
  afterAll(() => Promise.all(started.map((firefox) => firefox.stop())));
  return async (prefs) => {
    const firefox = new Firefox();
    started.push(firefox);
    await firefox.start(prefs);
    return firefox;
  };
}
