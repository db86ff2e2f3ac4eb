/** OAuth clients: the built-in one, those that an operator adds, and the rules for them. */
import type { ClientRow } from "../../db/clients.ts";
import type { Origin } from "../requester.ts";
import type { Tegata } from "../tegata.ts";
import type { Throttled } from "../throttle/counting.ts";
import { ALL_SCOPES, isOwnScope, isScopeName, SCOPES } from "../tokens/scopes.ts";
import { endSessions } from "../tokens/sessions.ts";
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
}

/** The public client of the page and of the typed client. It is used if a request names no client. */
export const BUILT_IN_CLIENT: Client = {
  id: "tegata",
  confidential: false,
  grants: ["password", "refresh_token"],
  scope: ALL_SCOPES,
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

const clientOf = ({ id, secretHash, grants, scopes }: ClientRow): Client => ({
  id,
  confidential: secretHash !== null,
  grants: grants.split(" "),
  scope: scopes,
});

/** A client as an operator requests it. */
export interface NewClient {
  id: string;
  /** Whether it is a page or an app that cannot keep a secret. */
  isPublic: boolean;
  grants: readonly string[];
  scopes: readonly string[];
}

/** What is wrong with a client. */
export interface InvalidClient {
  field: "id" | "grants" | "scopes";
  message: string;
}

/** The result of adding a client. `secret` is undefined for a public client, and is not shown again. */
export type ClientAdded =
  | { is: "added"; secret: string | undefined }
  | ({ is: "invalid" } & InvalidClient)
  | { is: "taken" };

/** Adds a client. @param knownGrants the names of the grants of this service */
export async function addClient(
  { db, now, audit }: Parts,
  client: NewClient,
  knownGrants: readonly string[],
  by: Origin,
): Promise<ClientAdded> {
  const { id, isPublic, grants, scopes } = client;
  const invalid = checkClient(client, knownGrants);
  if (invalid) return { is: "invalid", ...invalid };
  const secret = isPublic ? undefined : newSecret();
  const added = await db.clients.add({
    id,
    secretHash: secret === undefined ? null : hashSecret(secret),
    grants: grants.join(" "),
    scopes: scopes.join(" "),
    createdAtMs: now(),
  });
  if (!added) return { is: "taken" };
  await audit.record({ type: "client_added", clientId: id, detail: grants.join(" ") }, by);
  return { is: "added", secret };
}

/** @returns what is wrong with a client; undefined if nothing is */
export function checkClient(
  { id, isPublic, grants, scopes }: NewClient,
  knownGrants: readonly string[],
): InvalidClient | undefined {
  // An id with a leading letter cannot be confused with the id of a user, a number (RFC 9700 section 4.15.1).
  if (!/^[A-Za-z][\w.-]{0,99}$/.test(id))
    return {
      field: "id",
      message: "must start with a letter and contain at most 100 letters, digits and . _ -",
    };
  if (id === BUILT_IN_CLIENT.id) return { field: "id", message: `${id} is built in` };
  const unknown = grants.find((grant) => !knownGrants.includes(grant));
  if (unknown !== undefined) return { field: "grants", message: `unknown grant ${unknown}` };
  if (isPublic && grants.includes("client_credentials"))
    return { field: "grants", message: "client_credentials needs a client with a secret" };
  if (!scopes.every(isScopeName))
    return {
      field: "scopes",
      message: 'a scope must contain only printable ASCII characters, without spaces, " and \\',
    };
  if (scopes.includes(ALL_SCOPES))
    return { field: "scopes", message: `${ALL_SCOPES} is reserved: name each scope` };
  const stranger = scopes.find((scope) => !Object.hasOwn(SCOPES, scope) && !isOwnScope(scope));
  if (stranger === undefined) return undefined;
  const known = Object.keys(SCOPES).join(" and ");
  return {
    field: "scopes",
    message: `unknown scope ${stranger}: this service has ${known}; a scope of another service names it, such as orders:read`,
  };
}

/** The clients that an operator has added, by id. */
export const listClients = ({ db }: Parts): Promise<ClientRow[]> => db.clients.list();

/** Finds a client that an operator has added. */
export const findClient = ({ db }: Parts, id: string): Promise<ClientRow | undefined> =>
  db.clients.find(id);

/** Removes a client and ends its sessions. @returns whether it existed */
export async function removeClient(parts: Parts, id: string, by: Origin): Promise<boolean> {
  if (!(await parts.db.clients.remove(id))) return false;
  await parts.audit.record({ type: "client_removed", clientId: id }, by);
  await endSessions(parts, { clientId: id }, "client_removed", by);
  return true;
}
