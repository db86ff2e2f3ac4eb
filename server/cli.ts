/** `tegata`: what an operator does on the database that the settings name, beside a running service or without one. */
import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { type Db, openDb } from "../db/db.ts";
import { findByLogin } from "./accounts/accounts.ts";
import { BUILT_IN_CLIENT, hashSecret } from "./http/oauth/client.ts";
import { GRANTS } from "./http/oauth/grants/index.ts";
import { loadSettings } from "./settings.ts";

/** A call that cannot be done as it was given; its message says why. */
class Refused extends Error {}

const USAGE = `Usage: tegata COMMAND

  clients add ID --grants NAMES --scopes NAMES [--public]
      Adds an OAuth client; names are separated by commas. Its secret is printed once and stored as a hash.
      A public client (a page, an app) has none. Grants: ${[...GRANTS.keys()].join(", ")}.
  clients list
      Lists the OAuth clients: id, kind, grants, scopes.
  clients remove ID
      Removes an OAuth client and ends its sessions.
  users disable LOGIN
      Disables an account, by email or username: at once, with all its tokens.
  users enable LOGIN
      Enables it again.`;

const COMMANDS: ReadonlyMap<string, (db: Db, name: string, options: Options) => Promise<void>> =
  new Map([
    ["clients add", addClient],
    ["clients list", listClients],
    ["clients remove", removeClient],
    ["users disable", (db: Db, login: string) => setDisabled(db, login, true)],
    ["users enable", (db: Db, login: string) => setDisabled(db, login, false)],
  ]);

interface Options {
  grants?: string | undefined;
  scopes?: string | undefined;
  public?: boolean | undefined;
}

async function addClient(db: Db, id: string, options: Options): Promise<void> {
  // With a letter first it is never taken for the id of a user, which is a number (RFC 9700 section 4.15.1).
  if (!/^[A-Za-z][\w.-]{0,99}$/.test(id))
    throw new Refused("ID must begin with a letter and hold at most 100 letters, digits and . _ -");
  if (id === BUILT_IN_CLIENT.id) throw new Refused(`the client ${id} is built in`);
  const grants = list("--grants", options.grants);
  const unknown = grants.find((grant) => !GRANTS.has(grant));
  if (unknown) throw new Refused(`--grants: there is no grant ${unknown}`);
  if (options.public && grants.includes("client_credentials"))
    throw new Refused("--grants: client_credentials needs a client with a secret");
  const scopes = list("--scopes", options.scopes);
  // RFC 6749 section 3.3
  if (!scopes.every((scope) => /^[!#-[\]-~]+$/.test(scope)))
    throw new Refused('--scopes: a scope is of ASCII characters without spaces, " and \\');
  const secret = options.public ? undefined : randomBytes(32).toString("base64url");
  const added = await db.clients.add({
    id,
    secretHash: secret === undefined ? null : hashSecret(secret),
    grants: grants.join(" "),
    scopes: scopes.join(" "),
    createdAtMs: Date.now(),
  });
  if (!added) throw new Refused(`there is a client ${id} already`);
  console.log(
    secret === undefined ? `added ${id}` : `client_id      ${id}\nclient_secret  ${secret}`,
  );
}

function list(option: string, value = ""): string[] {
  const names = value.split(/[\s,]+/).filter(Boolean);
  if (names.length === 0) throw new Refused(`${option} must name at least one`);
  return names;
}

async function listClients(db: Db): Promise<void> {
  for (const { id, secretHash, grants, scopes } of await db.clients.list())
    console.log([id, secretHash === null ? "public" : "confidential", grants, scopes].join("\t"));
}

async function removeClient(db: Db, id: string): Promise<void> {
  if (!(await db.clients.remove(id))) throw new Refused(`there is no client ${id}`);
  await db.sessions.removeOfClient(id);
}

async function setDisabled(db: Db, login: string, disabled: boolean): Promise<void> {
  const user = await findByLogin(db, login);
  if (!user) throw new Refused(`there is no user ${login}`);
  await db.users.setDisabled(user.id, disabled);
}

async function run(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      grants: { type: "string" },
      scopes: { type: "string" },
      public: { type: "boolean" },
    },
  });
  const [noun, verb, name, ...more] = positionals;
  const command = COMMANDS.get(`${noun} ${verb}`);
  const needsName = command !== listClients;
  if (!command || more.length > 0 || needsName !== (name !== undefined)) throw new Refused(USAGE);
  const loaded = loadSettings();
  if (loaded.is === "wrong") throw new Refused(loaded.problems.join("\n"));
  const { databaseUrl, migrateOnStart } = loaded.settings;
  const db = await openDb(databaseUrl, { migrate: migrateOnStart });
  await command(db, name ?? "", values).finally(() => db.close());
}

run().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
