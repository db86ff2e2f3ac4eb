import { execFile } from "node:child_process";
import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { freePort } from "./ports.ts";
import { emptyFolder, urlOf, useProcesses } from "./process.ts";

/** What the image copies: see the Dockerfile. */
const COPIED = ["package.json", "package-lock.json", ".npmrc", "bin", "dist"];

/** Finds a command of the Dockerfile. */
const ofImage = (pattern: RegExp) =>
  readFileSync("Dockerfile", "utf8").match(pattern)?.[1] ?? expect.unreachable();
const INSTALL = ofImage(/ AS dependencies\n(?:#.*\n)*RUN (.*)$/m);
const HEALTHCHECK = JSON.parse(ofImage(/^HEALTHCHECK .*\\\n +CMD (\[.*\])$/m)) as string[];
const START = JSON.parse(ofImage(/^CMD (\[.*\])$/m)) as string[];

const inModules = (name: string) => `node_modules/${name}`;

describe("an installation for production", () => {
  const run = useProcesses();
  const folder = emptyFolder();
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
    packages: Record<string, { version: string; dev?: true }>;
  };

  beforeAll(async () => {
    for (const name of COPIED) cpSync(name, join(folder, name), { recursive: true });
    const env = {
      ...process.env,
      npm_config_ignore_scripts: "true",
      npm_config_prefer_offline: "true",
    };
    await promisify(execFile)("sh", ["-c", INSTALL], { cwd: folder, env });
  }, 300_000);

  test("contains no development package", () => {
    const development = Object.keys(packages).filter((path) => packages[path]?.dev);
    expect(development).toEqual(
      expect.arrayContaining(["vitest", "drizzle-kit", "tsx", "vite"].map(inModules)),
    );
    expect(existsSync(join(folder, inModules("express")))).toBe(true);
    const unused = ["typescript", "@typescript", "@libsql/linux-x64-musl"].map(inModules);
    expect([...development, ...unused].filter((path) => existsSync(join(folder, path)))).toEqual(
      [],
    );
  });

  test("starts without install scripts and without an account, registers a user and logs in", async () => {
    const [command = "", ...args] = START;
    const PORT = String(await freePort());
    const service = run({ PORT, DATABASE_URL: "file:tegata.db" }, { cwd: folder, command, args });
    const url = await urlOf(service);
    const [probe = "", ...script] = HEALTHCHECK;
    expect(await run({ PORT }, { command: probe, args: script }).ended).toMatchObject({ code: 0 });
    const email = "ada@example.com";
    const password = "correct horse battery";
    const registered = await fetch(`${url}/trpc/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email, password }),
    });
    // The first id: there was no account before.
    expect(await registered.json()).toMatchObject({ result: { data: { id: 1 } } });
    const body = new URLSearchParams({ grant_type: "password", username: email, password });
    const loggedIn = await fetch(`${url}/token`, { method: "POST", body });
    expect(await loggedIn.json()).toMatchObject({ token_type: "Bearer" });
    expect((await fetch(url ?? "")).status).toBe(200);
    service.signal("SIGTERM");
    expect(await service.ended).toEqual({ code: 0, signal: null });
    expect(await run({ PORT }, { command: probe, args: script }).ended).toMatchObject({ code: 1 });
  });

  // With `--omit dev`, npm also leaves out what a development package needs as well, such as jose.
  test("is listed by npm run sbom, apart from development packages, which are marked", async () => {
    const { stdout } = await promisify(execFile)("npm", ["run", "--silent", "sbom"], {
      maxBuffer: 2 ** 24,
    });
    const { bomFormat, components } = JSON.parse(stdout) as {
      bomFormat: string;
      components: { name: string; version: string; properties: { name: string }[] }[];
    };
    expect(bomFormat).toBe("CycloneDX");
    const listed = components
      .filter(({ properties }) =>
        properties.every(({ name }) => name !== "cdx:npm:package:development"),
      )
      .map(({ name, version }) => `${name}@${version}`);
    const wanted = Object.entries(packages)
      .filter(([path, one]) => path !== "" && !one.dev)
      .map(([path, one]) => `${path.replace(/.*node_modules\//, "")}@${one.version}`);
    expect(wanted.length).toBeGreaterThan(100);
    expect(listed.sort()).toEqual(wanted.sort());
  });
});
