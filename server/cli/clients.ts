/** The commands about OAuth clients. */
import {
  addClient,
  type ClientUpdated,
  changeRedirectUris,
  removeClient,
  requestOf,
  rotateSecret,
  updateClient,
} from "../clients/changes.ts";
import { findClient, listClients } from "../clients/clients.ts";
import type { InvalidClient, NewClient } from "../clients/rules.ts";
import { loadAudienceSettings } from "../environment.ts";
import { GRANTS } from "../http/oauth/grants/index.ts";
import { OPERATOR } from "../requester.ts";
import { IDENTITY_SCOPES, SCOPES } from "../tokens/scopes.ts";
import {
  type Command,
  count,
  Misused,
  names,
  namesIfAny,
  type Options,
  Refused,
  settingsOf,
} from "./command.ts";
import { done, list, type Result } from "./result.ts";
import { printFacts, printTable } from "./table.ts";

const GRANT_NAMES = [...GRANTS.keys()];
const ADD_OPTIONS = [
  "grants",
  "scopes",
  "public",
  "name",
  "redirect-uris",
  "logout-uris",
  "first-party",
] as const;

const add: Command["run"] = async (parts, id, options) => {
  const client = {
    id,
    isPublic: options.public ?? false,
    grants: names("--grants", options.grants),
    scopes: names("--scopes", options.scopes),
    name: options.name || undefined,
    redirectUris: options["redirect-uris"]
      ? names("--redirect-uris", options["redirect-uris"])
      : [],
    logoutUris: namesIfAny(options["logout-uris"]),
    isFirstParty: options["first-party"] ?? false,
  };
  const settings = settingsOf(loadAudienceSettings());
  const result = await addClient({ ...parts, settings }, client, GRANT_NAMES, OPERATOR);
  switch (result.is) {
    case "invalid":
      throw invalid(result, ADD_OPTIONS);
    case "taken":
      throw new Refused(`the client ${id} already exists`);
    case "added":
      return added({ ...describe(client), secret: result.secret });
  }
};

/** Names the option, if it is one of these. */
const invalid = ({ field, message }: InvalidClient, options: readonly string[]) => {
  const name = field === "id" ? "ID" : field.replace("-uris", " URIs");
  return new Refused(`${options.includes(field) ? `--${field}` : name}: ${message}`);
};

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
const describe = (client: NewClient) => ({
  id: client.id,
  public: client.isPublic,
  grants: client.grants,
  scopes: client.scopes,
  name: client.name ?? null,
  redirectUris: client.redirectUris ?? [],
  logoutUris: client.logoutUris ?? [],
  firstParty: client.isFirstParty ?? false,
});

const kindOf = (client: { public: boolean }) => (client.public ? "public" : "confidential");

const listAll: Command["run"] = async (parts) => {
  const clients = (await listClients(parts)).map(requestOf).map(describe);
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
  const createdAt = new Date(row.createdAtMs).toISOString();
  const client = { ...describe(requestOf(row)), createdAt };
  const facts = {
    id,
    kind: kindOf(client),
    name: client.name ?? "",
    grants: client.grants.join(" "),
    scopes: client.scopes.join(" "),
    redirectUris: client.redirectUris.join(" "),
    logoutUris: client.logoutUris.join(" "),
    firstParty: client.firstParty ? "yes" : "no",
    createdAt,
  };
  return done(client, () => printFacts(facts));
};

const update: Command["run"] = async (parts, id, options) => {
  const { grants, scopes, name, "logout-uris": logoutUris, "first-party": isFirstParty } = options;
  if (Object.keys(options).length === 0)
    throw new Misused(
      "clients update: name --grants, --scopes, --name, --logout-uris or --first-party",
    );
  const change = {
    id,
    ...(grants && { grants: names("--grants", grants) }),
    ...(scopes && { scopes: names("--scopes", scopes) }),
    ...(name !== undefined && { name: name || undefined }),
    ...(logoutUris && { logoutUris: namesIfAny(logoutUris) }),
    ...(isFirstParty !== undefined && { isFirstParty }),
  };
  return updated(id, await updateClient(parts, change, GRANT_NAMES, OPERATOR), options);
};

const changeUris: Command["run"] = async (parts, id, { add = [], remove = [] }) => {
  if (add.length + remove.length === 0)
    throw new Misused("clients redirect-uris: name --add, --remove or both");
  const change = { id, add, remove };
  return updated(id, await changeRedirectUris(parts, change, GRANT_NAMES, OPERATOR));
};

/** Prints the result of a change. @throws {Refused} if it was not made */
function updated(id: string, result: ClientUpdated, options: Options = {}): Result {
  switch (result.is) {
    case "unknown":
      throw unknown(id);
    case "invalid":
      throw invalid(result, Object.keys(options));
    case "updated": {
      const { client, endedSessions } = result;
      const ended = endedSessions > 0 ? ` and ended ${count(endedSessions, "session")}` : "";
      return done({ ...describe(client), endedSessions }, `updated ${id}${ended}`);
    }
  }
}

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
    usage:
      "clients add ID --grants NAMES --scopes NAMES [--public] [--name TEXT] [--redirect-uris URIS] [--logout-uris URIS] [--first-party]",
    help: `Adds an OAuth client; names and URIs are comma-separated. Its secret is printed once and stored as a hash.
A public client (a page or an app) has none. Grants: ${GRANT_NAMES.join(", ")}.
Scopes: ${Object.keys(SCOPES).join(", ")}; ${Object.keys(IDENTITY_SCOPES).join(", ")} (OpenID Connect); one of another service
names the service, such as orders:read.
For authorization_code, --redirect-uris says where users are sent back to, --logout-uris where they may be sent
after a logout, and --name what they are shown.
They are asked whether the client may have what it asks for, unless it is yours: --first-party.`,
    takesArgument: true,
    options: ADD_OPTIONS,
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
    usage:
      "clients update ID [--grants NAMES] [--scopes NAMES] [--name TEXT] [--logout-uris URIS] [--first-party | --no-first-party]",
    help: `Replaces the grants, the scopes, the name or the logout URIs of an OAuth client, or says whether it is yours. If it
loses a grant or a scope, or is no longer yours, its sessions end. --name "" and --logout-uris "" remove what there is.`,
    takesArgument: true,
    options: ["grants", "scopes", "name", "logout-uris", "first-party"],
    run: update,
  },
  {
    name: "clients redirect-uris",
    usage: "clients redirect-uris ID [--add URI] [--remove URI]",
    help: `Adds or removes redirect URIs of an OAuth client, for example those of a preview of your page. Both options can be
repeated.`,
    takesArgument: true,
    options: ["add", "remove"],
    run: changeUris,
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
