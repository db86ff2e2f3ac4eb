/** The commands about OAuth clients. */
import type { ClientRow } from "../../db/clients.ts";
import { rotateSecret, updateClient } from "../clients/changes.ts";
import {
  addClient,
  findClient,
  type InvalidClient,
  listClients,
  type NewClient,
  removeClient,
} from "../clients/clients.ts";
import { GRANTS } from "../http/oauth/grants/index.ts";
import { OPERATOR } from "../requester.ts";
import { SCOPES } from "../tokens/scopes.ts";
import { type Command, Misused, names, Refused } from "./command.ts";
import { printFacts, printTable } from "./table.ts";

const GRANT_NAMES = [...GRANTS.keys()];

const add: Command["run"] = async (parts, id, options) => {
  const client = {
    id,
    isPublic: options.public ?? false,
    grants: names("--grants", options.grants),
    scopes: names("--scopes", options.scopes),
  };
  const result = await addClient(parts, client, GRANT_NAMES, OPERATOR);
  switch (result.is) {
    case "invalid":
      throw invalid(result);
    case "taken":
      throw new Refused(`the client ${id} already exists`);
    case "added":
      printAdded({ ...describe(client), secret: result.secret }, options.json);
  }
};

const invalid = ({ field, message }: InvalidClient) =>
  new Refused(`${field === "id" ? "ID" : `--${field}`}: ${message}`);

const unknown = (id: string) => new Refused(`unknown client ${id}`);

/** Prints the new client and its secret, if it has one. The secret cannot be printed again. */
function printAdded(
  client: ReturnType<typeof describe> & { secret?: string | undefined },
  json = false,
) {
  if (json) return console.log(JSON.stringify(client));
  console.log(`added ${client.id}`);
  if (client.secret !== undefined)
    console.log(`client_id      ${client.id}\nclient_secret  ${client.secret}`);
}

/** Returns a client in the form that `--json` prints. */
const describe = ({ id, isPublic, grants, scopes }: NewClient) => ({
  id,
  public: isPublic,
  grants,
  scopes,
});

/** Returns a stored client in the form that `--json` prints. */
const describeRow = ({ id, secretHash, grants, scopes }: ClientRow) =>
  describe({
    id,
    isPublic: secretHash === null,
    grants: grants.split(" "),
    scopes: scopes.split(" "),
  });

const kindOf = (client: { public: boolean }) => (client.public ? "public" : "confidential");

const list: Command["run"] = async (parts, _, { json }) => {
  const clients = (await listClients(parts)).map(describeRow);
  if (json) return console.log(JSON.stringify(clients));
  // Goes to stderr, because scripts read stdout.
  if (clients.length === 0) return console.error("no clients yet: tegata clients add adds one");
  printTable(
    ["id", "kind", "grants", "scopes"],
    clients.map((one) => [one.id, kindOf(one), one.grants.join(" "), one.scopes.join(" ")]),
  );
};

const show: Command["run"] = async (parts, id, { json }) => {
  const row = await findClient(parts, id);
  if (!row) throw unknown(id);
  const client = { ...describeRow(row), createdAt: new Date(row.createdAtMs).toISOString() };
  if (json) return console.log(JSON.stringify(client));
  const [grants, scopes] = [client.grants.join(" "), client.scopes.join(" ")];
  printFacts({ id, kind: kindOf(client), grants, scopes, createdAt: client.createdAt });
};

const update: Command["run"] = async (parts, id, options) => {
  if (!options.grants && !options.scopes)
    throw new Misused("clients update: name --grants, --scopes or both");
  const change = {
    id,
    ...(options.grants && { grants: names("--grants", options.grants) }),
    ...(options.scopes && { scopes: names("--scopes", options.scopes) }),
  };
  const result = await updateClient(parts, change, GRANT_NAMES, OPERATOR);
  switch (result.is) {
    case "unknown":
      throw unknown(id);
    case "invalid":
      throw invalid(result);
    case "updated": {
      const { client, endedSessions } = result;
      if (options.json) return console.log(JSON.stringify({ ...describe(client), endedSessions }));
      const ended = endedSessions > 0 ? ` and ended its ${endedSessions} sessions` : "";
      console.log(`updated ${id}${ended}`);
    }
  }
};

const rotate: Command["run"] = async (parts, id, { json }) => {
  const result = await rotateSecret(parts, id, OPERATOR);
  switch (result.is) {
    case "unknown":
      throw unknown(id);
    case "public":
      throw new Refused(`${id} is a public client, which has no secret`);
    case "rotated": {
      const { secret } = result;
      console.log(
        json ? JSON.stringify({ id, secret }) : `client_id      ${id}\nclient_secret  ${secret}`,
      );
    }
  }
};

const remove: Command["run"] = async (parts, id) => {
  if (!(await removeClient(parts, id, OPERATOR))) throw unknown(id);
  console.log(`removed ${id} and ended its sessions`);
};

export const CLIENT_COMMANDS: readonly Command[] = [
  {
    name: "clients add",
    usage: "clients add ID --grants NAMES --scopes NAMES [--public] [--json]",
    help: `Adds an OAuth client; names are comma-separated. Its secret is printed once and stored as a hash.
A public client (a page or an app) has none. Grants: ${GRANT_NAMES.join(", ")}.
Scopes: ${Object.keys(SCOPES).join(", ")}; one of another service names the service, such as orders:read.`,
    takesArgument: true,
    options: ["grants", "scopes", "public", "json"],
    run: add,
  },
  {
    name: "clients list",
    usage: "clients list [--json]",
    help: "Lists the OAuth clients: id, kind, grants, scopes.",
    takesArgument: false,
    options: ["json"],
    run: list,
  },
  {
    name: "clients show",
    usage: "clients show ID [--json]",
    help: "Shows an OAuth client. Its secret is not stored, so it cannot be shown.",
    takesArgument: true,
    options: ["json"],
    run: show,
  },
  {
    name: "clients update",
    usage: "clients update ID [--grants NAMES] [--scopes NAMES] [--json]",
    help: "Replaces the grants or the scopes of an OAuth client. If it loses any, its sessions end.",
    takesArgument: true,
    options: ["grants", "scopes", "json"],
    run: update,
  },
  {
    name: "clients rotate-secret",
    usage: "clients rotate-secret ID [--json]",
    help: `Gives an OAuth client a new secret, which is printed once. The old one stops working at once; sessions of users
that the client has opened stay.`,
    takesArgument: true,
    options: ["json"],
    run: rotate,
  },
  {
    name: "clients remove",
    usage: "clients remove ID",
    help: "Removes an OAuth client and ends its sessions.",
    takesArgument: true,
    run: remove,
  },
];
