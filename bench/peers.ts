/** Other login services that do the same work, on the same database server, if they are installed. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { freePort } from "../testing/ports.ts";
import { emailOf, type Lab, PASSWORD, SECRET_KEY, upTo } from "./lab.ts";
import type { Target } from "./load.ts";
import type { Command, Program } from "./program.ts";

const folder = fileURLToPath(new URL("peers", import.meta.url));
/** Debian's: FastAPI comes from its packages. */
const PYTHON = "/usr/bin/python3";

/** Another service. */
export interface Peer {
  name: string;
  /** Its name and version, such as `fastify 5.12.8`; undefined if it is not installed. */
  version(): string | undefined;
  command: Pick<Command, "command" | "args" | "path">;
  /** The path that answers who the caller is. */
  me: string;
  /** Adds a person, logs them in, and returns the header that says so. */
  addPerson(program: Program, email: string): Promise<[header: string, value: string]>;
}

async function post(
  { url }: Program,
  path: string,
  body: URLSearchParams | object,
): Promise<Response> {
  const isForm = body instanceof URLSearchParams;
  const response = await fetch(url + path, {
    method: "POST",
    body: isForm ? body : JSON.stringify(body),
    headers: isForm ? {} : { "content-type": "application/json" },
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response;
}

async function logInByForm(program: Program, email: string): Promise<[string, string]> {
  const form = new URLSearchParams({ username: email, password: PASSWORD });
  const response = await post(program, "/api/token", form);
  const { access_token } = (await response.json()) as { access_token: string };
  return ["authorization", `Bearer ${access_token}`];
}

function nodeVersion(name: string): string | undefined {
  const file = `${folder}/node_modules/${name}/package.json`;
  if (!existsSync(file)) return undefined;
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  return `${name} ${version}`;
}

function fastapiVersion(): string | undefined {
  try {
    const script = "import fastapi, uvicorn, jose, passlib, aiomysql; print(fastapi.__version__)";
    const printed = execFileSync(PYTHON, ["-c", script], { stdio: ["ignore", "pipe", "ignore"] });
    return `FastAPI ${printed.toString().trim()}`;
  } catch {
    return undefined;
  }
}

const nodeScript = (name: string) => ({ command: process.execPath, args: [`${folder}/${name}`] });

/** The leanest service that one would write by hand. */
export const LEAN_FASTIFY: Peer = {
  name: "lean Fastify",
  version: () => nodeVersion("fastify"),
  command: { ...nodeScript("lean-fastify.js"), path: "/api/user/me" },
  me: "/api/user/me",
  async addPerson(program, email) {
    await post(program, "/api/register", new URLSearchParams({ email, password: PASSWORD }));
    return logInByForm(program, email);
  },
};

/** The system that Tegata's second set of paths comes from. */
export const FASTAPI: Peer = {
  name: "FastAPI",
  version: fastapiVersion,
  command: {
    command: PYTHON,
    args: ["-m", "uvicorn", "--app-dir", folder, "fastapi_login:app", "--no-access-log", "--port"],
    path: "/openapi.json",
  },
  me: "/api/user/me",
  async addPerson(program, email) {
    await post(program, "/api/register", { email, password: PASSWORD });
    return logInByForm(program, email);
  },
};

/** What a TypeScript user would choose. */
export const BETTER_AUTH: Peer = {
  name: "better-auth",
  version: () => nodeVersion("better-auth"),
  command: { ...nodeScript("better-auth.js"), path: "/api/auth/ok" },
  me: "/api/auth/get-session",
  async addPerson(program, email) {
    const account = { email, password: PASSWORD, name: "x" };
    const response = await post(program, "/api/auth/sign-up/email", account);
    const [cookie = ""] = response.headers.getSetCookie();
    return ["cookie", cookie.split(";")[0] ?? ""];
  },
};

/** Every peer. */
export const PEERS: readonly Peer[] = [LEAN_FASTIFY, FASTAPI, BETTER_AUTH];

/** Starts a server that sends the same response to every request: the least that a request costs on this machine. */
export async function startConstant(lab: Lab): Promise<Program> {
  const port = await freePort();
  const env = { PORT: String(port) };
  return lab.start({ ...nodeScript("node-http.js"), env, port, path: "/" });
}

/** Starts a peer with people who are logged in. @returns undefined if it is not installed */
export async function startPeer(lab: Lab, peer: Peer, people: number): Promise<Target | undefined> {
  if (peer.version() === undefined) return undefined;
  const port = await freePort();
  const { command, args, path } = peer.command;
  const program = await lab.start({
    command,
    args: peer === FASTAPI ? [...args, String(port)] : args,
    path,
    port,
    env: {
      DB_URL: await lab.emptyDatabase(),
      PORT: String(port),
      SECRET_KEY,
      BCRYPT_COST: "4",
      PYTHONDONTWRITEBYTECODE: "1",
    },
  });
  const values: string[] = [];
  let header = "";
  for (const n of upTo(people)) {
    const [name, value] = await peer.addPerson(program, emailOf(n));
    header = name;
    values.push(value);
  }
  return { program, path: peer.me, header, values };
}
