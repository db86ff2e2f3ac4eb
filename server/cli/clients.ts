/** The commands about OAuth clients. */
import { addClient, listClients, removeClient } from "../clients/clients.ts";
import { GRANTS } from "../http/oauth/grants/index.ts";
import { type Command, Refused } from "./command.ts";

const GRANT_NAMES = [...GRANTS.keys()];

const add: Command["run"] = async (parts, id, options) => {
  const client = {
    id,
    isPublic: options.public ?? false,
    grants: names("--grants", options.grants),
    scopes: names("--scopes", options.scopes),
  };
  const result = await addClient(parts, client, GRANT_NAMES);
  switch (result.is) {
    case "invalid":
      throw new Refused(`${result.field === "id" ? "ID" : `--${result.field}`}: ${result.message}`);
    case "taken":
      throw new Refused(`the client ${id} already exists`);
    case "added":
      if (result.secret === undefined) console.log(`added ${id}`);
      else console.log(`client_id      ${id}\nclient_secret  ${result.secret}`);
  }
};

function names(option: string, value = ""): string[] {
  const list = value.split(/[\s,]+/).filter(Boolean);
  if (list.length === 0) throw new Refused(`${option}: name at least one`);
  return list;
}

const list: Command["run"] = async (parts) => {
  for (const { id, secretHash, grants, scopes } of await listClients(parts))
    console.log([id, secretHash === null ? "public" : "confidential", grants, scopes].join("\t"));
};

const remove: Command["run"] = async (parts, id) => {
  if (!(await removeClient(parts, id))) throw new Refused(`unknown client ${id}`);
};

export const CLIENT_COMMANDS: readonly Command[] = [
  {
    name: "clients add",
    usage: "clients add ID --grants NAMES --scopes NAMES [--public]",
    help: `Adds an OAuth client; names are comma-separated. Its secret is printed once and stored as a hash.
A public client (a page or an app) has none. Grants: ${GRANT_NAMES.join(", ")}.`,
    takesArgument: true,
    run: add,
  },
  {
    name: "clients list",
    usage: "clients list",
    help: "Lists the OAuth clients: id, kind, grants, scopes.",
    takesArgument: false,
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
