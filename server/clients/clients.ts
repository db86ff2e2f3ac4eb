/** OAuth clients: the built-in one, those that an operator adds, and the rules for them. */
import type { ClientRow } from "../../db/clients.ts";
import type { Origin } from "../requester.ts";
import type { Tegata } from "../tegata.ts";
import type { Throttled } from "../throttle/counting.ts";
import { ALL_SCOPES, IDENTITY_SCOPES, isOwnScope, isScopeName, SCOPES } from "../tokens/scopes.ts";
import { endSessions } from "../tokens/sessions.ts";
import { redirectUriError, SWAGGER_REDIRECT } from "./redirect-uris.ts";
import { hashSecret, isSecret, newSecret } from "./secrets.ts";

/** An OAuth client. */
export interface Client {
  id: string;
  /** Whether it has a secret (RFC 6749 section 2.1). */
  confidential: boolean;
  /** The grants that it may use. */
  grants: readonly string[];
  /** The scopes that it may request: space-separated, or {@link ALL_SCOPES}. */
  scope: string;
  /** What users see of it. */
  name: string;
  /** Where users may be sent back to (RFC 6749 section 3.1.2). */
  redirectUris: readonly string[];
  /** Where users may be sent after a log-out (OpenID Connect RP-Initiated Logout section 3.1). */
  logoutUris: readonly string[];
  /** Whether it belongs to the operator of this service, so that its users are not asked for consent. */
  isFirstParty: boolean;
}

/** The most characters of a name, and of all scopes or all URIs of one kind together: the database has room for as many. */
const MAX_NAME = 50;
const MAX_SCOPES = 1000;
const MAX_URIS = 4000;

/** The public client of the page and of the typed client. It is used if a request names no client. */
export const BUILT_IN_CLIENT: Client = {
  id: "tegata",
  confidential: false,
  grants: ["authorization_code", "password", "refresh_token"],
  scope: ALL_SCOPES,
  name: "Tegata",
  redirectUris: [],
  logoutUris: [],
  isFirstParty: true,
};

/** The parts of the service that the rules for clients need. */
type Parts = Pick<Tegata, "db" | "now" | "log" | "audit">;

/** The result of authenticating a client. It is `refused` if the client does not exist or the secret is incorrect. */
export type ClientAuthenticated =
  | { is: "authenticated"; client: Client }
  | { is: "refused" }
  | Throttled;

/** Finds a client and checks its secret. @param secret empty for none */
export async function authenticateClient(
  { db, throttle, audit }: Pick<Tegata, "db" | "throttle" | "audit">,
  { id, secret }: { id: string; secret: string },
  by: Origin,
): Promise<ClientAuthenticated> {
  if (id === BUILT_IN_CLIENT.id && secret === "")
    return { is: "authenticated", client: BUILT_IN_CLIENT };
  const row = await db.clients.find(id);
  // An unknown client takes the same work as an incorrect secret.
  if (isSecret(secret, row?.secretHash ?? null) && row)
    return { is: "authenticated", client: clientOf(row) };
  audit.recordFailure({ type: "client_failed", clientId: row?.id }, by);
  return (await throttle.countWrong(by.address)) ?? { is: "refused" };
}

const clientOf = (row: ClientRow): Client => ({
  id: row.id,
  confidential: row.secretHash !== null,
  grants: row.grants.split(" "),
  scope: row.scopes,
  name: row.name ?? row.id,
  redirectUris: textsOf(row.redirectUris),
  logoutUris: textsOf(row.logoutUris),
  isFirstParty: row.firstParty,
});

/** The texts of a column that has them space-separated; it may be empty. */
const textsOf = (column: string) => column.split(" ").filter((text) => text !== "");

/**
 * Finds a client by its id, which proves nothing. The built-in client is that of the pages of this service, so users are
 * sent back to those.
 */
export async function findAnyClient(
  { db, settings }: Pick<Tegata, "db" | "settings">,
  id: string,
): Promise<Client | undefined> {
  if (id !== BUILT_IN_CLIENT.id) {
    const row = await db.clients.find(id);
    return row && clientOf(row);
  }
  const base = settings.issuer.replace(/\/$/, "");
  return { ...BUILT_IN_CLIENT, redirectUris: [base + SWAGGER_REDIRECT] };
}

/** A client as an operator requests it. */
export interface NewClient {
  id: string;
  /** Whether it is a page or an app that cannot keep a secret. */
  isPublic: boolean;
  grants: readonly string[];
  scopes: readonly string[];
  /** Undefined for its id. */
  name?: string | undefined;
  /** None by default. */
  redirectUris?: readonly string[];
  /** None by default. */
  logoutUris?: readonly string[];
  /** False by default. */
  isFirstParty?: boolean;
}

/** What is wrong with a client. */
export interface InvalidClient {
  field: "id" | "grants" | "scopes" | "name" | "redirect-uris" | "logout-uris";
  message: string;
}

/** The result of adding a client. `secret` is undefined for a public client, and is not shown again. */
export type ClientAdded =
  | { is: "added"; secret: string | undefined }
  | ({ is: "invalid" } & InvalidClient)
  | { is: "taken" };

/**
 * Adds a client. Its id must not be the audience of access tokens: its ID tokens would be for that audience, too.
 * @param knownGrants the names of the grants of this service
 */
export async function addClient(
  { db, now, audit, settings }: Parts & { settings: { audience?: string | undefined } },
  client: NewClient,
  knownGrants: readonly string[],
  by: Origin,
): Promise<ClientAdded> {
  const invalid = checkClient(client, knownGrants);
  if (invalid) return { is: "invalid", ...invalid };
  const { id } = client;
  if (id === settings.audience)
    return { is: "invalid", field: "id", message: `${id} is the AUDIENCE of access tokens` };
  const secret = client.isPublic ? undefined : newSecret();
  const columns = columnsOf(client);
  const added = await db.clients.add({
    id,
    secretHash: secret === undefined ? null : hashSecret(secret),
    createdAtMs: now(),
    ...columns,
  });
  if (!added) return { is: "taken" };
  // Somebody may have agreed to the client that had this id while it was removed.
  await clear({ db }, id);
  await audit.record({ type: "client_added", clientId: id, detail: columns.grants }, by);
  return { is: "added", secret };
}

/** The columns of what an operator can change. */
export const columnsOf = (client: Omit<NewClient, "id" | "isPublic">) => ({
  grants: client.grants.join(" "),
  scopes: client.scopes.join(" "),
  name: client.name ?? null,
  redirectUris: (client.redirectUris ?? []).join(" "),
  logoutUris: (client.logoutUris ?? []).join(" "),
  firstParty: client.isFirstParty ?? false,
});

/** A client as an operator has requested it. */
export const requestOf = (row: ClientRow): Required<NewClient> => ({
  id: row.id,
  isPublic: row.secretHash === null,
  grants: textsOf(row.grants),
  scopes: textsOf(row.scopes),
  name: row.name ?? undefined,
  redirectUris: textsOf(row.redirectUris),
  logoutUris: textsOf(row.logoutUris),
  isFirstParty: row.firstParty,
});

/**
 * Whether a text can be the id of a client. One with a leading letter cannot be confused with the id of a user, a number
 * (RFC 9700 section 4.15.1).
 */
export const isClientId = (text: string): boolean => /^[A-Za-z][\w.-]{0,99}$/.test(text);

/** @returns what is wrong with a client; undefined if nothing is */
export function checkClient(
  client: NewClient,
  knownGrants: readonly string[],
): InvalidClient | undefined {
  const { id } = client;
  if (!isClientId(id))
    return {
      field: "id",
      message: "must start with a letter and contain at most 100 letters, digits and . _ -",
    };
  if (id === BUILT_IN_CLIENT.id) return { field: "id", message: `${id} is built in` };
  return (
    checkGrants(client, knownGrants) ??
    checkScopes(client) ??
    checkName(client) ??
    checkRedirectUris(client) ??
    checkUris("logout-uris", client.logoutUris)
  );
}

function checkGrants(
  { isPublic, grants }: NewClient,
  knownGrants: readonly string[],
): InvalidClient | undefined {
  const unknown = grants.find((grant) => !knownGrants.includes(grant));
  if (unknown !== undefined) return { field: "grants", message: `unknown grant ${unknown}` };
  if (isPublic && grants.includes("client_credentials"))
    return { field: "grants", message: "client_credentials needs a client with a secret" };
  return undefined;
}

function checkScopes({ scopes }: NewClient): InvalidClient | undefined {
  if (!scopes.every(isScopeName))
    return {
      field: "scopes",
      message: 'a scope must contain only printable ASCII characters, without spaces, " and \\',
    };
  if (scopes.includes(ALL_SCOPES))
    return { field: "scopes", message: `${ALL_SCOPES} is reserved: name each scope` };
  if (scopes.join(" ").length > MAX_SCOPES)
    return { field: "scopes", message: `must have at most ${MAX_SCOPES} characters together` };
  const known = Object.keys({ ...SCOPES, ...IDENTITY_SCOPES });
  const stranger = scopes.find((scope) => !known.includes(scope) && !isOwnScope(scope));
  if (stranger === undefined) return undefined;
  return {
    field: "scopes",
    message: `unknown scope ${stranger}: this service has ${known.join(", ")}; a scope of another service names it, such as orders:read`,
  };
}

/** The page shows the name to people, so it must not contain what could hide or turn around the text beside it. */
function checkName({ name = "" }: NewClient): InvalidClient | undefined {
  if (!/\p{C}/u.test(name) && name.length <= MAX_NAME) return undefined;
  return { field: "name", message: `must contain at most ${MAX_NAME} printable characters` };
}

function checkRedirectUris({ grants, redirectUris = [] }: NewClient): InvalidClient | undefined {
  if (grants.includes("authorization_code") && redirectUris.length === 0)
    return { field: "redirect-uris", message: "authorization_code needs at least one" };
  return checkUris("redirect-uris", redirectUris);
}

function checkUris(
  field: "redirect-uris" | "logout-uris",
  uris: readonly string[] = [],
): InvalidClient | undefined {
  for (const uri of uris) {
    const error = redirectUriError(uri);
    if (error !== undefined) return { field, message: `${uri}: ${error}` };
  }
  if (uris.join(" ").length > MAX_URIS)
    return { field, message: `must have at most ${MAX_URIS} characters together` };
  return undefined;
}

/** The clients that an operator has added, by id. */
export const listClients = ({ db }: Parts): Promise<ClientRow[]> => db.clients.list();

/** Finds a client that an operator has added. */
export const findClient = ({ db }: Parts, id: string): Promise<ClientRow | undefined> =>
  db.clients.find(id);

/** Removes a client and ends its sessions. @returns whether it existed */
export async function removeClient(parts: Parts, id: string, by: Origin): Promise<boolean> {
  if (!(await parts.db.clients.remove(id))) return false;
  await clear(parts, id);
  await parts.audit.record({ type: "client_removed", clientId: id }, by);
  await endSessions(parts, { clientId: id }, "client_removed", by);
  return true;
}

/** Removes what an id was given: nobody has agreed to another client that gets it, and no code was issued to that one. */
async function clear({ db }: Pick<Parts, "db">, id: string): Promise<void> {
  await db.consents.removeOfClient(id);
  await db.codes.removeOfClient(id);
}
