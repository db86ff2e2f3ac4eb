/** The packages as others install them: their types, and the examples, which use nothing but the packed files. */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasBrowser, useBrowser } from "./browser.ts";
import { freePort } from "./ports.ts";
import { emptyFolder, urlOf, useProcesses } from "./process.ts";

const PACKAGES = { tegata: ".", "tegata-client": "dist/client" };
const root = resolve(".");
const bin = (name: string) => join(root, "node_modules/.bin", name);
const run = useProcesses();
const account = { email: "ada@example.com", password: "correct horse battery" };

let folder = "";
const tarballs: string[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tegata-packages-"));
  cpSync("examples", folder, { recursive: true });
  cpSync(".npmrc", join(folder, ".npmrc"));
  let manifest = readFileSync(join(folder, "package.json"), "utf8");
  for (const [name, path] of Object.entries(PACKAGES)) {
    const args = ["pack", "--silent", "--pack-destination", folder];
    const file = execFileSync("npm", args, { cwd: resolve(path), encoding: "utf8" }).trim();
    tarballs.push(join(folder, file));
    manifest = manifest.replace(`"${name}": "*"`, `"${name}": "file:${file}"`);
  }
  writeFileSync(join(folder, "package.json"), manifest);
  execFileSync("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--silent"], {
    cwd: folder,
  });
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program of the installed examples until it ends. @returns what it has printed, if it fails */
function failureOf(command: string, args: readonly string[]): string | undefined {
  try {
    execFileSync(command, args, { cwd: folder, encoding: "utf8", stdio: "pipe" });
    return undefined;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return stdout + stderr;
  }
}

/** Starts Tegata from its package, in an empty folder. @returns its URL */
async function serve(env: Record<string, string> = {}): Promise<string> {
  const cli = join(folder, "node_modules/.bin/tegata");
  const service = run({ PORT: "0", ...env }, { cwd: emptyFolder(), command: cli, args: ["serve"] });
  const url = await urlOf(service);
  return url;
}

/** Starts a TypeScript file of the examples. */
const example = (file: string, env: Record<string, string>) =>
  run(env, { cwd: folder, args: ["--import", "tsx", join(folder, file)] });

test("both packages have nothing that publint and attw object to", () => {
  for (const tarball of tarballs) {
    expect(failureOf(bin("publint"), [tarball, "--strict"])).toBeUndefined();
    expect(failureOf(bin("attw"), [tarball, "--profile", "esm-only"])).toBeUndefined();
  }
});

describe("the types", () => {
  const STRICT = [
    "--ignoreConfig",
    "--noEmit",
    "--strict",
    "--exactOptionalPropertyTypes",
    "--skipLibCheck",
    "false",
  ];
  // What @trpc/client and @trpc/server need themselves.
  const LIB = ["--target", "ES2022", "--lib", "ES2022,DOM,ESNext.Disposable", "--types", "node"];

  test.each([
    ["NodeNext", "nodenext"],
    ["ESNext", "bundler"],
  ])("have no error with module %s and resolution %s", (module, resolution) => {
    const args = [...STRICT, ...LIB, "--module", module, "--moduleResolution", resolution];
    for (const file of ["types/client.ts", "types/server.ts", "types/query.ts"]) {
      const errors = failureOf(bin("tsc"), [...args, file])?.match(/^\S.*error TS.*$/gm) ?? [];
      // @trpc/server has some of its own, in its declarations for WebSockets.
      const ours = errors.filter((line) => !line.startsWith("node_modules/@trpc/server/dist/ws-"));
      expect(ours, file).toEqual([]);
    }
  });

  test("of the client need nothing of the server", () => {
    const args = [...STRICT, ...LIB, "--module", "NodeNext", "--listFilesOnly", "types/client.ts"];
    const files = execFileSync(bin("tsc"), args, { cwd: folder, encoding: "utf8" });
    const names = files.matchAll(/node_modules\/((?:@[\w-]+\/)?[\w.-]+)\/(?!.*node_modules)/g);
    const packages = new Set([...names].map(([, name = ""]) => name));
    for (const forbidden of ["tegata", "express", "drizzle-orm", "zod", "@types/express"])
      expect(packages).not.toContain(forbidden);
    expect(packages).toContain("tegata-client");
  });

  test("of the examples have no error", () => {
    expect(failureOf(join(folder, "node_modules/.bin/vue-tsc"), ["-p", "."])).toBeUndefined();
  });
});

test("a service of its own accepts the token of a caller, and none of another application", async () => {
  const DATABASE_URL = `file:${join(emptyFolder(), "tegata.db")}`;
  const url = await serve({ DATABASE_URL });
  const service = example("service/service.ts", { TEGATA_URL: url, PORT: "0" });
  const [, ordersUrl = ""] = await service.until(/^Listening on (\S+)$/m);
  expect(await fetch(`${ordersUrl}/whoami`)).toMatchObject({ status: 401 });
  const caller = example("service/caller.ts", { TEGATA_URL: url, ORDERS_URL: ordersUrl });
  expect(await caller.ended, caller.printed()).toMatchObject({ code: 0 });
  expect(caller.printed()).toContain("[ { item: 'a lantern', owner: 1 } ]");
  expect(caller.printed()).toContain("clientId: 'tegata'");

  const cli = join(folder, "node_modules/.bin/tegata");
  const args = ["clients", "add", "other", "--public", "--grants", "password", "--scopes", "me"];
  const added = run({ DATABASE_URL }, { cwd: emptyFolder(), command: cli, args });
  expect(await added.ended, added.printed()).toMatchObject({ code: 0 });
  const { email: username, password } = account;
  const login = { grant_type: "password", client_id: "other", username, password };
  const issued = await fetch(`${url}/token`, { method: "POST", body: new URLSearchParams(login) });
  const { access_token } = (await issued.json()) as { access_token: string };
  const headers = { authorization: `Bearer ${access_token}` };
  for (const path of ["whoami", "orders"])
    expect(await fetch(`${ordersUrl}/${path}`, { headers }), path).toMatchObject({ status: 403 });
});

test("an application has Tegata inside, and its own procedures beside it", async () => {
  const port = String(await freePort());
  const database = `file:${join(emptyFolder(), "app.db")}`;
  const app = example("embedded/server.ts", { PORT: port, DATABASE_URL: database });
  await app.until(/^Listening/m);
  const url = `http://127.0.0.1:${port}`;
  const client = example("embedded/client.ts", { APP_URL: url });
  expect(await client.ended, client.printed()).toMatchObject({ code: 0 });
  expect(client.printed().trim().split("\n")).toEqual([
    "not_logged_in",
    ...["1", "2", "3"],
    "too_many_items",
    "[ 'one', 'two', 'three' ] ada@example.com",
  ]);
  expect(await (await fetch(url)).text()).toContain("Its login service is at /auth");
  expect(await fetch(`${url}/auth/api/notes`, { method: "POST" })).toMatchObject({ status: 401 });
  app.signal("SIGTERM");
  expect(await app.ended).toMatchObject({ code: 0 });

  const kit = join(folder, "node_modules/.bin/drizzle-kit");
  const options = { cwd: join(folder, "embedded"), command: kit };
  const generated = run({}, { ...options, args: ["generate"] });
  expect(await generated.ended, generated.printed()).toMatchObject({ code: 0 });
  expect(generated.printed()).toContain("nothing to migrate");
  const pushed = run({ DATABASE_URL: database }, { ...options, args: ["push", "--strict"] });
  await pushed.ended;
  expect(pushed.printed()).toContain("No changes detected");
});

test("the tests of that application pass", () => {
  const args = ["--import", "tsx", "--test", "embedded/app.test.ts"];
  expect(failureOf(process.execPath, args)).toBeUndefined();
});

describe.runIf(hasBrowser)("a page", () => {
  const browser = useBrowser();

  test.each(["vue", "react"])("with %s logs in and out, and survives a reload", async (name) => {
    const url = await serve();
    await fetch(`${url}/trpc/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...account, fullName: "Ada Lovelace" }),
    });
    const vite = join(folder, "node_modules/.bin/vite");
    const config = ["--config", "vite.config.ts"];
    expect(failureOf(vite, ["build", name, ...config, "--logLevel", "warn"])).toBeUndefined();
    const port = String(await freePort());
    const args = ["preview", name, ...config, "--host", "127.0.0.1", "--port", port];
    const preview = run({ TEGATA_URL: url }, { cwd: folder, command: vite, args });
    await preview.until(/127\.0\.0\.1/);
    const page = await browser.open(`http://127.0.0.1:${port}/`);
    await page.getByLabel("Email").fill(account.email);
    await page.getByLabel("Password").fill("wrong password");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByText("invalid_grant").waitFor();
    await page.getByLabel("Password").fill(account.password);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByText("Hello, Ada Lovelace").waitFor();
    await page.reload();
    await page.getByText("Hello, Ada Lovelace").waitFor();
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByLabel("Email").waitFor();
  });

  test("with vue and one with react are developed side by side", async () => {
    const servers = [];
    for (const name of ["vue", "react"]) {
      const port = String(await freePort());
      const args = [name, "--config", "vite.config.ts", "--host", "127.0.0.1", "--port", port];
      const vite = join(folder, "node_modules/.bin/vite");
      const server = run({}, { cwd: folder, command: vite, args });
      servers.push(server);
      await server.until(/127\.0\.0\.1/);
      const page = await browser.open(`http://127.0.0.1:${port}/`);
      await page.getByLabel("Email").waitFor();
      expect(readdirSync(join(folder, name, "node_modules/.vite"))).toEqual(["deps"]);
    }
    expect(existsSync(join(folder, "node_modules/.vite"))).toBe(false);
    // They watch the folder, which is removed next.
    for (const server of servers) server.signal("SIGTERM");
    await Promise.all(servers.map(({ ended }) => ended));
  });
});
