/** The help of the CLI, its use in scripts, and `npx tegata`. */
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { openDb } from "../../db/open.ts";
import { emptyFolder, useCli, useProcesses } from "../../testing/process.ts";

const run = useProcesses();
const runCli = useCli();

/** Runs the CLI, by default without settings. */
const tegata = (args: readonly string[], env: Record<string, string> = {}) => runCli(env, args);

/** Settings that are invalid for the service but sufficient for a command, which only needs a database that exists. */
async function database() {
  const DATABASE_URL = `file:${join(emptyFolder(), "x.db")}`;
  const db = await openDb(DATABASE_URL, { migrate: true });
  await db.close();
  return { NODE_ENV: "production", HOST: "0.0.0.0", PORT: "many", DATABASE_URL };
}

describe("with invalid settings", () => {
  /** Neither help nor the version may read the settings or open the database. */
  const broken = { DATABASE_URL: "nonsense" };

  test.each([
    [["--help"], /^Usage: tegata COMMAND\n[\s\S]*\n {2}users enable [\s\S]*\n {2}clients add /],
    [["clients", "add", "-h"], /^Usage: tegata COMMAND\n\n {2}clients add .*\n(?! {2}\w)/],
  ])("%j prints the help and exits with 0", async (args, text) => {
    expect(await tegata(args, broken)).toEqual({ code: 0, printed: expect.stringMatching(text) });
  });

  test("--version prints the version", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    expect(await tegata(["--version"], broken)).toEqual({ code: 0, printed: `${version}\n` });
  });
});

describe("a command in production", () => {
  test("only needs the database settings, and prints JSON with --json", async () => {
    const env = await database();
    expect(await tegata(["clients", "list"], env)).toEqual({
      code: 0,
      printed: "no clients yet: tegata clients add adds one\n",
    });
    expect(await tegata(["clients", "list", "--json"], env)).toEqual({ code: 0, printed: "[]\n" });

    const noPage = { name: null, redirectUris: [], logoutUris: [], firstParty: false };
    const billing = {
      id: "billing",
      public: false,
      grants: ["client_credentials", "password"],
      scopes: ["orders:read", "https://api.test/x", "me"],
      ...noPage,
    };
    const add = ["clients", "add", "billing", "--json"];
    const grants = ["--grants", "client_credentials", "--grants", "password"];
    const scopes = ["--scopes", "orders:read,https://api.test/x", "--scopes", "me orders:read"];
    const added = await tegata([...add, ...grants, ...scopes], env);
    expect(added.code).toBe(0);
    expect(JSON.parse(added.printed)).toEqual({
      ...billing,
      secret: expect.stringMatching(/^[\w-]{43}$/),
    });

    const page = {
      id: "page",
      public: true,
      grants: ["password"],
      scopes: ["me", "items"],
      ...noPage,
    };
    const addPage = ["clients", "add", "page", "--public", "--grants", "password", "--json"];
    const addedPage = await tegata([...addPage, "--scopes", "me,items"], env);
    expect(JSON.parse(addedPage.printed)).toEqual(page);
    const listed = await tegata(["clients", "list", "--json"], env);
    expect(JSON.parse(listed.printed)).toEqual([billing, page]);
  });
});

test("npx tegata prints how to build it if it is not built", async () => {
  const cwd = emptyFolder();
  mkdirSync(join(cwd, "bin"));
  for (const file of ["bin/tegata.js", "package.json"]) copyFileSync(file, join(cwd, file));
  const program = run({}, { cwd, args: ["bin/tegata.js", "--help"] });
  expect(await program.ended).toEqual({ code: 1, signal: null });
  expect(program.printed()).toMatch(
    /^Tegata is not built yet\. Run this first, in .*: npm ci && npm run build\n$/,
  );
});

test("npx tegata runs the command after the build", async () => {
  const program = run({}, { args: [resolve("bin/tegata.js"), "--help"] });
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(program.printed()).toMatch(/^Usage: tegata COMMAND/);
});
