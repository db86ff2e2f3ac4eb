/** docs/moving-in.md: its statements export the users of other systems, and its commands import them with their passwords. */
import { pbkdf2Sync, randomBytes, scryptSync } from "node:crypto";
import { createClient, type Value } from "@libsql/client";
import { hash } from "@node-rs/bcrypt";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PageShell } from "./page-shell.ts";
import { freePort } from "./ports.ts";
import { PASSWORD } from "./service.ts";
import { openPage } from "./snippets.ts";

const page = openPage("docs/moving-in.md");
const commands = page.take("sh").text;
const [django, betterAuth, supabase] = [1, 2, 3].map(() => page.take("sql").text);
const piped = page.take("sh").text;

/** As better-auth 1.7 stores it. */
function scryptHash(): string {
  const salt = randomBytes(16).toString("hex");
  const cost = { N: 16384, r: 16, p: 1, maxmem: 64 * 1024 * 1024 };
  return `${salt}:${scryptSync(PASSWORD, salt, 64, cost).toString("hex")}`;
}

/** As Django 4 stores it. */
function pbkdf2Hash(): string {
  const salt = randomBytes(11).toString("hex");
  const key = pbkdf2Sync(PASSWORD, salt, 390_000, 32, "sha256");
  return `pbkdf2_sha256$390000$${salt}$${key.toString("base64")}`;
}

/** The tables of each system with the columns that the statements name, two users of whom one has a password. */
const SYSTEMS = {
  django: {
    statement: django,
    tables: `CREATE TABLE auth_user (id INTEGER, username TEXT, email TEXT, is_active INTEGER, password TEXT, date_joined TEXT)`,
    rows: async () =>
      `INSERT INTO auth_user VALUES (1, 'django', 'django@example.com', 1, '${pbkdf2Hash()}', '2020-01-02 03:04:05')`,
  },
  "better-auth": {
    statement: betterAuth,
    tables: `CREATE TABLE "user" (id TEXT, name TEXT, email TEXT, "emailVerified" INTEGER, image TEXT, "createdAt" TEXT, "updatedAt" TEXT);
CREATE TABLE account (id TEXT, "accountId" TEXT, "providerId" TEXT, "userId" TEXT, password TEXT)`,
    rows: async () => `INSERT INTO "user" VALUES ('a', 'Ada', 'better-auth@example.com', 1, NULL, '2025-01-02T03:04:05.678Z', NULL), ('b', 'Bob', 'bob@example.com', 1, NULL, '2025-01-02T03:04:05.678Z', NULL);
INSERT INTO account VALUES ('1', 'a', 'credential', 'a', '${scryptHash()}'), ('2', 'x', 'google', 'b', NULL)`,
  },
  supabase: {
    statement: supabase,
    tables: `ATTACH ':memory:' AS auth;
CREATE TABLE auth.users (id TEXT, email TEXT, encrypted_password TEXT, email_confirmed_at TEXT, banned_until TEXT, deleted_at TEXT, raw_user_meta_data TEXT, created_at TEXT)`,
    rows: async () =>
      `INSERT INTO auth.users VALUES ('a', 'supabase@example.com', '${await hash(PASSWORD, 10)}', '2024-05-06 07:08:09+00', NULL, NULL, '{"full_name":"Ada"}', '2024-05-06 07:08:09+00'), ('b', 'bob@example.com', '', NULL, NULL, NULL, '{}', '2024-05-06 07:08:09+00')`,
  },
};

const quoted = (value: Value) => (value === null ? "" : `"${String(value).replaceAll('"', '""')}"`);

/** Runs the statement of the page. @returns the rows as CSV, as the client of a database exports them */
async function exportUsers({ statement, tables, rows }: (typeof SYSTEMS)["django"]) {
  const db = createClient({ url: ":memory:" });
  await db.executeMultiple(`${tables};\n${await rows()};`);
  const result = await db.execute(String(statement));
  db.close();
  const lines = result.rows.map((row) =>
    result.columns.map((_, index) => quoted(row[index] ?? null)).join(","),
  );
  return [result.columns.join(","), ...lines, ""].join("\n");
}

let shell: PageShell;
let url = "";
beforeAll(async () => {
  const port = String(await freePort());
  url = `http://127.0.0.1:${port}`;
  shell = new PageShell({ PORT: port });
  await shell.startTegata();
});
afterAll(() => shell.end());

test.each(Object.entries(SYSTEMS))(
  "a user of %s logs in with the old password",
  async (name, system) => {
    shell.write("users.csv", await exportUsers(system));
    expect(await shell.run(commands), shell.printed).toBe(0);
    expect(shell.printed).toContain("added 1, already there 0, refused 0");
    const login = (password: string) =>
      fetch(`${url}/token`, {
        method: "POST",
        body: new URLSearchParams({ username: `${name}@example.com`, password }),
      });
    expect(await login("wrong horse battery")).toMatchObject({ status: 400 });
    expect(await login(PASSWORD)).toMatchObject({ status: 200 });
  },
);

test("all of them move to another database, with no file in between", async () => {
  expect(await shell.run("DATABASE_URL=file:new.db npx tegata migrate"), shell.printed).toBe(0);
  const command = piped
    .replace("DATABASE_URL=file:old.db ", "")
    .replace("mysql://…", "file:new.db");
  expect(await shell.run(command), shell.printed).toBe(0);
  expect(shell.printed).toContain("added 3, already there 0, refused 0");
});
