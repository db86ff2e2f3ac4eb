/** Runs the snippets of a page from top to bottom in a folder of their own, as a reader would who follows the page. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { homedir, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { expect } from "vitest";
import { loadSettings } from "../server/environment.ts";
import { SETTINGS } from "../server/settings.ts";
import { parseSettingsFile } from "../server/settings-file.ts";
import { freePort } from "./ports.ts";
import { MATCHES } from "./snippet-output.ts";
import { placeOf, type Snippet, snippetsOf } from "./snippets.ts";

/** Commands that no test can run: their snippets are marked `syntax`. */
const NOT_RUN = /^(sudo|apt-get|docker|kubectl|systemctl|helm|git) /;
/** The functions that stand for what a snippet calls. */
const PRELUDE = `
# The packages are not published yet, and a checkout is installed once: check that what is to be installed is there.
npm() {
  case "$1" in
    ci) test -d "$CHECKOUT/node_modules" ;;
    install) shift; for name; do test "\${name#-}" != "$name" || ls -d "node_modules/$name" > /dev/null || return 1; done ;;
    *) (cd "$CHECKOUT" && command npm "$@") ;;
  esac
}
set -ae -o pipefail
`;

/** A run of the snippets of one page. */
export class PageRun {
  readonly folder = mkdtempSync(join(tmpdir(), "tegata-page-"));
  readonly snippets: readonly Snippet[];
  /** The free port that stands for each port of the page. */
  readonly #ports = new Map<string, string>();
  readonly #background: ChildProcess[] = [];
  /** What the last program has printed. */
  #printed = "";
  #env: Record<string, string> = {};

  constructor(page: string) {
    this.snippets = snippetsOf(page);
  }

  /** Prepares the folder, and starts the service unless the page itself starts what is on port 3000. */
  async start(): Promise<void> {
    linkPackages(this.folder);
    const text = this.snippets.map((snippet) => snippet.text).join("");
    const ports = new Set([...text.matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port = ""]) => port));
    for (const port of ["3000", ...ports]) this.#ports.set(port, String(await freePort()));
    const home = join(this.folder, ".home");
    mkdirSync(home);
    writeFileSync(join(home, ".curlrc"), 'silent\nshow-error\nwrite-out = "\\n"\n');
    this.#env = {
      HOME: home,
      PATH: `${join(this.folder, "node_modules/.bin")}:${dirname(process.execPath)}:/usr/sbin:/usr/bin:/bin`,
      CHECKOUT: resolve("."),
      PORT: this.#port("3000"),
      DATABASE_URL: `file:${join(this.folder, ".data/tegata.db")}`,
      BCRYPT_COST: "4",
      npm_config_userconfig: join(homedir(), ".npmrc"),
      // Debian's libraries of Go.
      GO111MODULE: "off",
      GOPATH: "/usr/share/gocode",
      GOCACHE: join(tmpdir(), "tegata-go-cache"),
    };
    if (this.snippets.some(({ flags }) => flags["background"] === "3000")) return;
    if (!text.includes("127.0.0.1:3000") && !/\btegata /.test(text)) return;
    await this.#startInBackground(`exec node ${resolve("dist/server/main.js")}`, "3000");
    await expect.poll(() => this.#printed).toContain("is listening on");
  }

  /** Ends what the page has started, and removes the folder. */
  async stop(): Promise<void> {
    for (const child of this.#background) await end(child);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Runs a snippet, or compares it with what came back. @throws if it fails */
  async run(snippet: Snippet): Promise<void> {
    const { language, flags, file, line } = snippet;
    const text = this.#withRealPorts(snippet.text);
    if (flags["from"] !== undefined) return expectExcerpt(snippet, flags["from"]);
    if (file !== undefined) this.#write(file, text);
    const matches = MATCHES[language];
    if (matches && file === undefined) {
      // A program that runs in the background may not have printed all of it yet.
      const printed = () => (matches(snippet.text, this.#printed) ? snippet.text : this.#printed);
      return expect
        .poll(printed, { message: placeOf(snippet), timeout: 10_000 })
        .toBe(snippet.text);
    }
    switch (language) {
      case "sh":
        return this.#shell(text, flags);
      case "ts": {
        const name = file ?? `snippet-${line}.ts`;
        this.#write(name, text);
        await this.#shell(`tsc -p . --noEmit`, {});
        if (file === undefined) await this.#shell(`tsx ${name}`, {});
        return;
      }
      case "dotenv":
        return expectSettings(text);
      case "json":
        return void JSON.parse(text);
      case "yaml":
        return this.#shell(
          `python3 -c 'import sys, yaml; print(list(yaml.safe_load_all(sys.stdin)))' <<'END'\n${text}END`,
          {},
        );
      default:
        // A file that a later command of the page uses.
        expect(this.#isUsed(file), `${placeOf(snippet)} is not run`).toBe(true);
    }
  }

  #isUsed(file: string | undefined): boolean {
    return (
      file !== undefined &&
      this.snippets.some(({ language, text }) => language === "sh" && text.includes(file))
    );
  }

  #port(port: string): string {
    return this.#ports.get(port) ?? port;
  }

  #withRealPorts(text: string): string {
    return [...this.#ports].reduce(
      (replaced, [port, real]) => replaced.replaceAll(new RegExp(`\\b${port}\\b`, "g"), real),
      text.replaceAll("github.com/coreos/go-oidc/v3/oidc", "github.com/coreos/go-oidc"),
    );
  }

  #withShownPorts(text: string): string {
    return [...this.#ports].reduce(
      (replaced, [port, real]) => replaced.replaceAll(new RegExp(`\\b${real}\\b`, "g"), port),
      text.replaceAll(this.folder, "."),
    );
  }

  #write(name: string, text: string): void {
    mkdirSync(dirname(join(this.folder, name)), { recursive: true });
    writeFileSync(join(this.folder, name), text);
  }

  /** Variables and the working directory stay for the next snippet. */
  async #shell(text: string, flags: Snippet["flags"]): Promise<void> {
    if (flags["syntax"] !== undefined) {
      const isExcused = text.split("\n").some((line) => NOT_RUN.test(line));
      expect(isExcused, "it can be run, so it must be").toBe(true);
      await this.#bash(["-n", "-c", text]);
      return;
    }
    const state = join(this.folder, ".home/state");
    const before = `test ! -f ${state} || . ${state}\n`;
    const after = `{ export -p; printf 'cd %q\\n' "$PWD"; } > ${state}\n`;
    const port = flags["background"];
    if (port !== undefined) return this.#startInBackground(before + PRELUDE + text, port);
    const code = await this.#bash([
      "-c",
      `${before}${PRELUDE}trap "${after.replaceAll('"', '\\"').replaceAll("$", "\\$")}" EXIT\n${text}`,
    ]);
    expect(code, `the exit code of\n${text}\n${this.#printed}`).toBe(Number(flags["exit"] ?? 0));
  }

  /** Waits until the output ends. @returns the exit code */
  async #bash(args: readonly string[]): Promise<number> {
    return new Promise((done) => {
      const child = execFile(
        "/bin/bash",
        ["-c", 'exec /bin/bash "$@" 2>&1', "bash", ...args],
        { cwd: this.folder, env: this.#env, encoding: "utf8" },
        (_, stdout) => {
          this.#printed = this.#withShownPorts(stdout);
          done(child.exitCode ?? 1);
        },
      );
      child.stdin?.end();
    });
  }

  /** Starts a program that stays, and waits until it listens. */
  async #startInBackground(text: string, port: string): Promise<void> {
    const child = spawn("/bin/bash", ["-c", text], {
      cwd: this.folder,
      env: this.#env,
      // A group of its own: a snippet can start a program by way of another one.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#background.push(child);
    this.#printed = "";
    const take = (chunk: Buffer) => {
      this.#printed = (this.#printed + this.#withShownPorts(String(chunk))).slice(-20_000);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    while (!(await listens(Number(this.#port(port)))))
      if (child.exitCode !== null) throw new Error(`it ended:\n${text}\n${this.#printed}`);
  }
}

/** Links what the checkout has installed, and the two packages that it builds. */
function linkPackages(folder: string): void {
  const [from, to] = [resolve("node_modules"), join(folder, "node_modules")];
  mkdirSync(join(to, ".bin"), { recursive: true });
  for (const name of readdirSync(from))
    if (name !== ".bin") symlinkSync(join(from, name), join(to, name));
  for (const name of readdirSync(join(from, ".bin")))
    symlinkSync(join(from, ".bin", name), join(to, ".bin", name));
  symlinkSync(resolve("."), join(to, "tegata"));
  symlinkSync(resolve("bin/tegata.js"), join(to, ".bin/tegata"));
  symlinkSync(resolve("dist/client"), join(to, "tegata-client"));
  const compilerOptions = {
    target: "ES2022",
    lib: ["ES2022", "DOM", "ESNext.Disposable"],
    module: "NodeNext",
    types: ["node"],
    strict: true,
    skipLibCheck: true,
  };
  writeFileSync(join(folder, "package.json"), '{ "type": "module", "private": true }\n');
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions, include: ["**/*.ts"] }),
  );
}

/** Expects that a file of the project, which another test runs, has the lines of a snippet, whatever their indentation. */
function expectExcerpt(snippet: Snippet, file: string): void {
  const lines = (text: string) => text.split("\n").map((line) => line.trim());
  const [wanted, given] = [lines(snippet.text.trim()), lines(readFileSync(file, "utf8"))];
  const isThere = given.some((_, at) => wanted.every((line, index) => given[at + index] === line));
  expect(isThere, `${placeOf(snippet)} is not in ${file}`).toBe(true);
}

/** Expects that the service would start with a settings file. */
function expectSettings(text: string): void {
  const file = parseSettingsFile(
    text,
    Object.values(SETTINGS).map(({ key }) => key),
  );
  expect(file).toMatchObject({ is: "read" });
  if (file.is === "read") expect(loadSettings(file.values)).toMatchObject({ is: "settings" });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const closed = once(child, "close");
  process.kill(-child.pid, "SIGKILL");
  await closed;
}

/** Whether something listens on a port of this machine. Waits a little if nothing does. */
function listens(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      done(true);
    });
    socket.once("error", () => setTimeout(done, 50, false));
  });
}
