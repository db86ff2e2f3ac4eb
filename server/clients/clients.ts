/** OAuth clients: the built-in one, and those that an operator has added. */
import type { ClientRow } from "../../db/clients.ts";
import type { Origin } from "../requester.ts";
import type { Tegata } from "../tegata.ts";
import type { Throttled } from "../throttle/counting.ts";
import { ALL_SCOPES, isAuthorizable } from "../tokens/scopes.ts";
import { ownRedirectUris } from "./redirect-uris.ts";
import { isSecret } from "./secrets.ts";

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
  grants: textsOf(row.grants),
  scope: row.scopes,
  name: row.name ?? row.id,
  redirectUris: textsOf(row.redirectUris),
  logoutUris: textsOf(row.logoutUris),
  isFirstParty: row.firstParty,
});

/** The texts of a column that has them space-separated; it may be empty. */
export const textsOf = (column: string) => column.split(" ").filter((text) => text !== "");

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
  return { ...BUILT_IN_CLIENT, redirectUris: ownRedirectUris(settings.issuer) };
}

/**
 * Finds a client, if it may still open a session with this grant and scope. Whoever changes or removes a client ends the sessions
 * that are stored by then, so whoever opens one calls this after it is stored.
 * @param opened `scope`: space-separated, or `ALL_SCOPES`
 */
export async function findAllowed(
  tegata: Pick<Tegata, "db" | "settings" | "scopes">,
  opened: { clientId: string; grant: string; scope: string },
): Promise<Client | undefined> {
  const client = await findAnyClient(tegata, opened.clientId);
  if (!client?.grants.includes(opened.grant)) return undefined;
  return isAuthorizable(opened.scope, client.scope, tegata.scopes) ? client : undefined;
}

/** The clients that an operator has added, by id. */
export const listClients = ({ db }: Pick<Tegata, "db">): Promise<ClientRow[]> => db.clients.list();

/** Finds a client that an operator has added. */
export const findClient = (
  { db }: Pick<Tegata, "db">,
  id: string,
): Promise<ClientRow | undefined> => db.clients.find(id);
