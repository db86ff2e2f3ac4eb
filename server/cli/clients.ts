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
import { done, list } from "./result.ts";
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
      return added({ ...describe(client), secret: result.secret });
  }
};

const invalid = ({ field, message }: InvalidClient) =>
  new Refused(`${field === "id" ? "ID" : `--${field}`}: ${message}`);

const unknown = (id: string) => new Refused(`unknown client ${id}`);

/** The new client and its secret, if it has one. The secret cannot be printed again. */
const added = (client: ReturnType<typeof describe> & { secret?: string | undefined }) =>
  done(
    client,
    [
      `added ${client.id}`,
      ...(client.secret === undefined ? [] : [credentials(client.id, client.secret)]),
    ].join("\n"),
  );

const credentials = (id: string, secret: string) =>
  `client_id      ${id}\nclient_secret  ${secret}`;

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

const listAll: Command["run"] = async (parts) => {
  const clients = (await listClients(parts)).map(describeRow);
  const none = "no clients yet: tegata clients add adds one";
  return list([clients], (client) => client, printClients, none);
};

const printClients = (clients: readonly ReturnType<typeof describe>[]) =>
  printTable(
    ["id", "kind", "grants", "scopes"],
    clients.map((one) => [one.id, kindOf(one), one.grants.join(" "), one.scopes.join(" ")]),
  );

const show: Command["run"] = async (parts, id) => {
  const row = await findClient(parts, id);
  if (!row) throw unknown(id);
  const client = { ...describeRow(row), createdAt: new Date(row.createdAtMs).toISOString() };
  const [grants, scopes] = [client.grants.join(" "), client.scopes.join(" ")];
  const facts = { id, kind: kindOf(client), grants, scopes, createdAt: client.createdAt };
  return done(client, () => printFacts(facts));
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
      const ended = endedSessions > 0 ? ` and ended its ${endedSessions} sessions` : "";
      return done({ ...describe(client), endedSessions }, `updated ${id}${ended}`);
    }
  }
};

const rotate: Command["run"] = async (parts, id) => {
  const result = await rotateSecret(parts, id, OPERATOR);
  switch (result.is) {
    case "unknown":
      throw unknown(id);
    case "public":
      throw new Refused(`${id} is a public client, which has no secret`);
    case "rotated":
      return done({ id, secret: result.secret }, credentials(id, result.secret));
  }
};

const remove: Command["run"] = async (parts, id) => {
  if (!(await removeClient(parts, id, OPERATOR))) throw unknown(id);
  return done({ id, removed: true }, `removed ${id} and ended its sessions`);
};

export const CLIENT_COMMANDS: readonly Command[] = [
  {
    name: "clients add",
    usage: "clients add ID --grants NAMES --scopes NAMES [--public]",
    help: `Adds an OAuth client; names are comma-separated. Its secret is printed once and stored as a hash.
A public client (a page or an app) has none. Grants: ${GRANT_NAMES.join(", ")}.
Scopes: ${Object.keys(SCOPES).join(", ")}; one of another service names the service, such as orders:read.`,
    takesArgument: true,
    options: ["grants", "scopes", "public"],
    run: add,
  },
  {
    name: "clients list",
    usage: "clients list",
    help: "Lists the OAuth clients: id, kind, grants, scopes.",
    takesArgument: false,
    run: listAll,
  },
  {
    name: "clients show",
    usage: "clients show ID",
    help: "Shows an OAuth client. Its secret is not stored, so it cannot be shown.",
    takesArgument: true,
    run: show,
  },
  {
    name: "clients update",
    usage: "clients update ID [--grants NAMES] [--scopes NAMES]",
    help: "Replaces the grants or the scopes of an OAuth client. If it loses any, its sessions end.",
    takesArgument: true,
    options: ["grants", "scopes"],
    run: update,
  },
  {
    name: "clients rotate-secret",
    usage: "clients rotate-secret ID",
    help: `Gives an OAuth client a new secret, which is printed once. The old one stops working at once; sessions of users
that the client has opened stay.`,
    takesArgument: true,
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
