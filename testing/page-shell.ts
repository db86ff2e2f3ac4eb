/** The shell in which the commands of a page run: in a folder of its own, with what a reader has installed. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { homedir, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { GO_ENV } from "./go.ts";

/**
 * `npm` as snippets use it: the packages are not published, a checkout is installed once, and CI runs its scripts. So all but
 * `npm start` only check that what they name is there.
 */
const NPM = `
npm() {
  case "$1" in
    start) (cd "$CHECKOUT" && command npm start) ;;
    ci) test -d "$CHECKOUT/node_modules" ;;
    install) shift; for name; do case "$name" in -*) ;; *) test -d "$FOLDER/node_modules/$name" ;; esac || return 1; done ;;
    run) grep -q "^    \\"$2\\": " "$CHECKOUT/package.json" ;;
    *) grep -q "^    \\"$1\\": " "$CHECKOUT/package.json" ;;
  esac
}
`;

/** A shell. Variables and the working directory stay from one command to the next. */
export class PageShell {
  readonly #folder = mkdtempSync(join(tmpdir(), "tegata-page-"));
  readonly #home = join(this.#folder, ".home");
  readonly #env: Readonly<Record<string, string>>;
  readonly #background: ChildProcess[] = [];
  #output = { text: "" };

  /** @param env more variables of the environment */
  constructor(env: Readonly<Record<string, string>>) {
    linkPackages(this.#folder);
    mkdirSync(this.#home);
    writeFileSync(join(this.#home, ".curlrc"), 'silent\nshow-error\nwrite-out = "\\n"\n');
    this.#env = {
      HOME: this.#home,
      FOLDER: this.#folder,
      CHECKOUT: resolve("."),
      PATH: `${join(this.#folder, "node_modules/.bin")}:${dirname(process.execPath)}:/usr/sbin:/usr/bin:/bin`,
      DATABASE_URL: `file:${join(this.#folder, ".data/tegata.db")}`,
      BCRYPT_COST: "4",
      npm_config_userconfig: join(homedir(), ".npmrc"),
      ...GO_ENV,
      ...env,
    };
  }

  /** What the last command has printed so far, to both streams. */
  get printed(): string {
    return this.#output.text.replaceAll(this.#folder, ".");
  }

  /** Writes a file of the folder. */
  write(name: string, text: string): void {
    mkdirSync(dirname(join(this.#folder, name)), { recursive: true });
    writeFileSync(join(this.#folder, name), text);
  }

  /** Runs commands until one fails. @returns the exit code */
  async run(commands: string): Promise<number> {
    const save = `{ export -p; printf 'cd %q\\n' "$PWD"; } > "$HOME/state"`;
    return this.#bash([
      "-c",
      `${this.#start()}trap '${save.replaceAll("'", "'\\''")}' EXIT\n${commands}`,
    ]);
  }

  /** Starts a program that stays until {@link end}, and waits until it listens on a port. @throws if it ends */
  async startInBackground(commands: string, port: string): Promise<void> {
    await this.#startUntil(() => listens(Number(port)), commands);
  }

  /** Starts Tegata, and waits until it serves. @param commands by default, the built service runs with the database of the folder */
  async startTegata(commands = `exec node ${resolve("dist/server/main.js")}`): Promise<void> {
    // It answers with 503 as long as it waits for its database.
    await this.#startUntil(async () => this.printed.includes("is listening on"), commands);
  }

  async #startUntil(isReady: () => Promise<boolean>, commands: string): Promise<void> {
    const child = spawn("/bin/bash", ["-c", this.#start() + commands], {
      cwd: this.#folder,
      env: this.#env,
      // A group of its own: a command can start a program by way of another one.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#background.push(child);
    const output = { text: "" };
    this.#output = output;
    const take = (chunk: Buffer) => {
      output.text = (output.text + chunk).slice(-20_000);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    while (!(await isReady())) {
      if (hasEnded(child)) throw new Error(`it ended:\n${commands}\n${output.text}`);
      await new Promise((resume) => setTimeout(resume, 50));
    }
  }

  /** Ends what runs in the background, and removes the folder. */
  async end(): Promise<void> {
    for (const child of this.#background) {
      if (hasEnded(child) || child.pid === undefined) continue;
      const closed = once(child, "close");
      process.kill(-child.pid, "SIGKILL");
      await closed;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #start(): string {
    return `test ! -f "$HOME/state" || . "$HOME/state"\n${NPM}set -ae -o pipefail\n`;
  }

  #bash(args: readonly string[]): Promise<number> {
    return new Promise((done) => {
      const child = execFile(
        "/bin/bash",
        ["-c", 'exec /bin/bash "$@" 2>&1', "bash", ...args],
        { cwd: this.#folder, env: this.#env, encoding: "utf8" },
        (_, text) => {
          this.#output = { text };
          done(child.exitCode ?? 1);
        },
      );
      child.stdin?.end();
    });
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

const hasEnded = ({ exitCode, signalCode }: ChildProcess) =>
  exitCode !== null || signalCode !== null;

/** Whether something listens on a port of this machine. */
function listens(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      done(true);
    });
    socket.once("error", () => done(false));
  });
}
