/** Every command in each of its outcomes, with `--json`: one value, errors as JSON, and the exit codes. */
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDb } from "../../db/open.ts";
import { type MailServer, startMailServer } from "../../testing/mail-server.ts";
import { emptyFolder, useProcesses } from "../../testing/process.ts";
import { COMMANDS } from "./commands.ts";
import { FINDINGS } from "./findings.ts";

const run = useProcesses();
const folder = emptyFolder();
const HASH = "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW";
const PASSWORD = "correct horse battery";
const path = (name: string) => join(folder, name);
const text = expect.any(String);
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

/** How a command is called, and what it prints to standard output. */
interface Call {
  args: string[];
  input?: string;
  env?: Record<string, string>;
  json?: unknown;
}
/** The outcomes of a command. One that cannot be refused has no such call. */
interface Case {
  done: Call[];
  refused?: Call;
}

const NO_DATABASE = { DATABASE_URL: `file:${path("missing.db")}` };
const ADA = { email: "ada@example.com", username: "ada", fullName: null };
const CLIENT = {
  ...{ id: "billing", public: false, scopes: ["me"] },
  ...{ name: null, redirectUris: [], logoutUris: [], firstParty: false },
};
const PAGE = "https://app.example.com/callback";
const finding = { code: expect.toSatisfy((code: string) => code in FINDINGS), text };

/** In the order of the help: later commands work on what earlier ones have left. */
const CASES: Record<string, Case> = {
  migrate: {
    done: [{ args: [], json: { database: expect.stringMatching(/^SQLite, /) } }],
    refused: { args: [], env: { DATABASE_URL: "nonsense" } },
  },
  doctor: {
    done: [{ args: [], json: expect.arrayContaining([expect.objectContaining(finding)]) }],
    refused: {
      ...{ args: [], env: { ISSUER: "https://id.example.com" } },
      json: expect.arrayContaining([expect.objectContaining({ code: "proxy_untrusted" })]),
    },
  },
  "users add": {
    done: [
      {
        args: ["ada@example.com", "--username", "ada"],
        input: PASSWORD,
        json: { ...ADA, id: expect.any(Number) },
      },
    ],
    refused: { args: ["ada@example.com"], input: PASSWORD },
  },
  "users list": {
    done: [
      {
        args: [],
        json: [
          expect.objectContaining({ email: "grace@example.com", createdAt: time }),
          expect.objectContaining(ADA),
        ],
      },
      { args: ["--limit", "1"], json: [expect.anything()] },
    ],
    refused: { args: [], env: NO_DATABASE },
  },
  "users show": {
    done: [
      { args: ["ada"], json: expect.objectContaining({ ...ADA, passwordHash: "bcrypt, cost 4" }) },
    ],
    refused: { args: ["nobody"] },
  },
  "users disable": {
    done: [{ args: ["ada"], json: { login: "ada", disabled: true } }],
    refused: { args: ["nobody"] },
  },
  "users enable": {
    done: [{ args: ["ada"], json: { login: "ada", disabled: false } }],
    refused: { args: ["nobody"] },
  },
  "users set-password": {
    done: [{ args: ["ada"], input: PASSWORD, json: { login: "ada", passwordSet: true } }],
    refused: { args: ["ada"], input: "short" },
  },
  "users delete": {
    done: [
      { args: ["grace@example.com", "--yes"], json: { login: "grace@example.com", deleted: true } },
    ],
    refused: { args: ["nobody", "--yes"] },
  },
  "users sessions": {
    done: [
      { args: ["ada"], json: [] },
      { args: ["ada", "--end"], json: { login: "ada", ended: 0 } },
    ],
    refused: { args: ["nobody"] },
  },
  "users import": {
    done: [
      {
        args: ["-"],
        input: `email,password\njohndoe@example.com,${HASH}\n`,
        json: {
          ...{ lines: [], ignoredColumns: [], dryRun: false },
          ...{ added: 1, exists: 0, taken: 0, broken: 0 },
        },
      },
    ],
    refused: {
      args: ["-"],
      input: `email,password\nnobody,${HASH}\n`,
      json: expect.objectContaining({
        lines: [{ line: 2, is: "broken", field: "email", reason: text }],
        broken: 1,
      }),
    },
  },
  "users export": {
    done: [
      {
        args: [path("users.csv")],
        json: { file: path("users.csv"), format: "csv", users: 2 },
      },
      { args: ["-"], json: [expect.objectContaining({ username: "ada" }), expect.anything()] },
    ],
    refused: { args: [path("users.csv")] },
  },
  "clients add": {
    done: [
      {
        args: ["billing", "--grants", "client_credentials", "--scopes", "me"],
        json: { ...CLIENT, grants: ["client_credentials"], secret: text },
      },
    ],
    refused: { args: ["billing", "--grants", "client_credentials", "--scopes", "me"] },
  },
  "clients list": {
    done: [{ args: [], json: [{ ...CLIENT, grants: ["client_credentials"] }] }],
    refused: { args: [], env: NO_DATABASE },
  },
  "clients show": {
    done: [
      { args: ["billing"], json: { ...CLIENT, grants: ["client_credentials"], createdAt: time } },
    ],
    refused: { args: ["nobody"] },
  },
  "clients update": {
    done: [
      {
        args: ["billing", "--grants", "password"],
        json: { ...CLIENT, grants: ["password"], endedSessions: 0 },
      },
      {
        args: ["billing", "--name", "Billing", "--first-party"],
        json: {
          ...CLIENT,
          grants: ["password"],
          name: "Billing",
          firstParty: true,
          endedSessions: 0,
        },
      },
      {
        args: ["billing", "--name", "", "--no-first-party"],
        json: { ...CLIENT, grants: ["password"], endedSessions: 0 },
      },
    ],
    refused: { args: ["billing", "--grants", "implicit"] },
  },
  "clients redirect-uris": {
    done: [
      {
        args: ["billing", "--add", PAGE],
        json: { ...CLIENT, grants: ["password"], redirectUris: [PAGE], endedSessions: 0 },
      },
    ],
    refused: { args: ["billing", "--add", "http://app.example.com/callback"] },
  },
  "clients rotate-secret": {
    done: [{ args: ["billing"], json: { id: "billing", secret: text } }],
    refused: { args: ["nobody"] },
  },
  "clients remove": {
    done: [{ args: ["billing"], json: { id: "billing", removed: true } }],
    refused: { args: ["billing"] },
  },
  "keys list": {
    done: [
      {
        args: [],
        json: [
          { algorithm: "ES256", tokens: "access tokens" },
          { algorithm: "RS256", tokens: "ID tokens" },
        ].map((key) => ({ ...key, kid: text, use: "signs", source: "SECRET_KEY" })),
      },
    ],
    refused: { args: [], env: { SIGNING_KEY_FILES: path("missing.pem") } },
  },
  "keys new": {
    done: [
      { args: [], json: { secretKey: expect.stringMatching(/^[\w-]{43}$/) } },
      { args: [path("key.pem")], json: { file: path("key.pem"), algorithm: "ES256" } },
    ],
    refused: { args: [path("key.pem")] },
  },
  "mail test": {
    done: [
      {
        args: ["ada@example.com"],
        json: { to: "ada@example.com", through: expect.stringMatching(/^smtp:/) },
      },
    ],
    refused: { args: ["ada@example.com"], env: { MAIL_URL: "smtp://127.0.0.1:1" } },
  },
  audit: {
    done: [
      { args: ["--limit", "1"], json: [expect.objectContaining({ type: "client_removed" })] },
      { args: ["--type", "failures_suppressed"], json: [] },
    ],
    refused: { args: ["--user", "nobody"] },
  },
  backup: {
    done: [{ args: [path("copy.db")], json: { file: path("copy.db") } }],
    refused: { args: [path("copy.db")] },
  },
  completion: {
    done: [{ args: ["bash"], json: { shell: "bash", script: text } }],
  },
};

let mails: MailServer;
const env = {
  DATABASE_URL: `file:${path("tegata.db")}`,
  SECRET_KEY: "a secret of the tests and long enough 0123456789",
  BCRYPT_COST: "4",
  MAIL_FROM: "login@example.com",
};
beforeAll(async () => {
  mails = await startMailServer();
  const db = await openDb(env.DATABASE_URL, { migrate: true });
  const grace = { email: "grace@example.com", username: null, fullName: null, passwordHash: HASH };
  await db.users.add({ ...grace, createdAtMs: 1 });
  await db.close();
});
afterAll(() => mails.stop());

async function call(name: string, { args, input = "", env: more = {} }: Call) {
  const cli = resolve("dist/server/cli/index.js");
  const program = run(
    { ...env, MAIL_URL: `smtp://127.0.0.1:${mails.port}`, ...more },
    { args: [cli, ...name.split(" "), ...args, "--json"], input },
  );
  const { code } = await program.ended;
  return { code, stdout: program.printedTo("stdout"), stderr: program.printedTo("stderr") };
}

/** The one value that standard output must be, if anything is on it. */
const read = (stdout: string): unknown => (stdout === "" ? undefined : JSON.parse(stdout));

test("every command is here", () => {
  expect(["serve", ...Object.keys(CASES)]).toEqual(COMMANDS.map(({ name }) => name));
});

test.each(Object.entries(CASES))(
  "%s prints one value and exits with 0; if it is refused, it exits with 1 and says why in JSON",
  async (name, { done, refused }) => {
    for (const one of done) {
      const { code, stdout, stderr } = await call(name, one);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(read(stdout)).toEqual(one.json);
    }
    if (!refused) return;
    const { code, stdout, stderr } = await call(name, refused);
    expect([code, JSON.parse(stderr)]).toEqual([1, { error: expect.stringMatching(/./) }]);
    expect(read(stdout)).toEqual(refused.json);
  },
);

test.each([
  ["users list", ["x"], "users list: x is one argument too many"],
  ["users list", ["--limit", "0"], "--limit: must be a whole number from 1 to 999999999"],
  // Its log is not one JSON value.
  ["serve", [], "serve: --json is not an option of this command"],
])("%s %j exits with 2, and says why in JSON", async (name, args, error) => {
  const { code, stdout, stderr } = await call(name, { args });
  expect([code, stdout, JSON.parse(stderr)]).toEqual([2, "", { error }]);
});
