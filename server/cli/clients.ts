/** The commands about OAuth clients. */
import { addClient, listClients, type NewClient, removeClient } from "../clients/clients.ts";
import { GRANTS } from "../http/oauth/grants/index.ts";
import { OPERATOR } from "../requester.ts";
import { SCOPES } from "../tokens/scopes.ts";
import { type Command, names, Refused } from "./command.ts";

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
      throw new Refused(`${result.field === "id" ? "ID" : `--${result.field}`}: ${result.message}`);
    case "taken":
      throw new Refused(`the client ${id} already exists`);
    case "added":
      printAdded({ ...describe(client), secret: result.secret }, options.json);
  }
};

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

const list: Command["run"] = async (parts, _, { json }) => {
  const clients = (await listClients(parts)).map(({ id, secretHash, grants, scopes }) =>
    describe({
      id,
      isPublic: secretHash === null,
      grants: grants.split(" "),
      scopes: scopes.split(" "),
    }),
  );
  if (json) return console.log(JSON.stringify(clients));
  // Goes to stderr, because scripts read stdout.
  if (clients.length === 0) console.error("no clients yet: tegata clients add adds one");
  for (const { id, public: isPublic, grants, scopes } of clients) {
    const kind = isPublic ? "public" : "confidential";
    console.log([id, kind, grants.join(" "), scopes.join(" ")].join("\t"));
  }
};

const remove: Command["run"] = async (parts, id) => {
  if (!(await removeClient(parts, id, OPERATOR))) throw new Refused(`unknown client ${id}`);
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
    name: "clients remove",
    usage: "clients remove ID",
    help: "Removes an OAuth client and ends its sessions.",
    takesArgument: true,
    run: remove,
  },
];
