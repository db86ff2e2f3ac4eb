/** Adding, changing and removing OAuth clients. */
import type { ClientRow } from "../../db/clients.ts";
import type { Origin } from "../requester.ts";
import type { Tegata } from "../tegata.ts";
import { endSessions } from "../tokens/sessions.ts";
import { textsOf } from "./clients.ts";
import { checkClient, type InvalidClient, type NewClient } from "./rules.ts";
import { hashSecret, newSecret } from "./secrets.ts";

type Parts = Pick<Tegata, "db" | "now" | "log" | "audit">;

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
const columnsOf = (client: Omit<NewClient, "id" | "isPublic">) => ({
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

/** The result of changing a client. */
export type ClientUpdated =
  | { is: "updated"; client: NewClient; endedSessions: number }
  | { is: "unknown" }
  | ({ is: "invalid" } & InvalidClient);

/** What an operator can change of a client. */
type Change = Partial<Omit<NewClient, "id" | "isPublic">>;

/**
 * Changes a client. If it loses a grant or a scope, its sessions end: their tokens carry the old scopes. They also end if it
 * becomes somebody else's: nobody has agreed to them.
 * @param knownGrants the names of the grants of this service
 */
export const updateClient = (
  parts: Parts,
  { id, ...change }: { id: string } & Change,
  knownGrants: readonly string[],
  by: Origin,
): Promise<ClientUpdated> => update(parts, id, () => change, knownGrants, by);

/**
 * Adds and removes redirect URIs of a client, such as those of a preview of its page. Others may do so at the same time.
 * @param knownGrants the names of the grants of this service
 */
export const changeRedirectUris = (
  parts: Parts,
  { id, add, remove }: { id: string; add: readonly string[]; remove: readonly string[] },
  knownGrants: readonly string[],
  by: Origin,
): Promise<ClientUpdated> => {
  const change = ({ redirectUris }: Required<NewClient>) => ({
    redirectUris: [...new Set([...redirectUris, ...add])].filter((uri) => !remove.includes(uri)),
  });
  return update(parts, id, change, knownGrants, by);
};

async function update(
  parts: Parts,
  id: string,
  change: (before: Required<NewClient>) => Change,
  knownGrants: readonly string[],
  by: Origin,
): Promise<ClientUpdated> {
  const { db, audit } = parts;
  for (let row = await db.clients.find(id); row; row = await db.clients.find(id)) {
    const before = requestOf(row);
    const client = { ...before, ...change(before) };
    const invalid = checkClient(client, knownGrants);
    if (invalid) return { is: "invalid", ...invalid };
    const { grants, scopes } = client;
    const to = columnsOf(client);
    // If somebody else has changed it meanwhile, this change is made to what they left.
    if (!(await db.clients.update(row, to))) continue;
    const counts: [number, string][] = [
      [client.redirectUris.length, "redirect URIs"],
      [client.logoutUris.length, "logout URIs"],
    ];
    const uris = counts.filter(([count]) => count > 0).map((pair) => pair.join(" "));
    const detail = [to.grants, ...uris].join("; ");
    await audit.record({ type: "client_updated", clientId: id, detail }, by);
    const losesAny =
      (before.isFirstParty && !client.isFirstParty) ||
      before.grants.some((one) => !grants.includes(one)) ||
      before.scopes.some((one) => !scopes.includes(one));
    const endedSessions = losesAny
      ? await endSessions(parts, { clientId: id }, "client_updated", by)
      : 0;
    return { is: "updated", client, endedSessions };
  }
  return { is: "unknown" };
}

/** The result of giving a client a new secret, which is not shown again. */
export type SecretRotated =
  | { is: "rotated"; secret: string }
  | { is: "unknown" }
  | { is: "public" };

/** Gives a client a new secret. The old one stops working at once; its sessions stay. */
export async function rotateSecret(
  { db, audit }: Parts,
  id: string,
  by: Origin,
): Promise<SecretRotated> {
  for (let row = await db.clients.find(id); row; row = await db.clients.find(id)) {
    if (row.secretHash === null) return { is: "public" };
    const secret = newSecret();
    if (!(await db.clients.update(row, { secretHash: hashSecret(secret) }))) continue;
    await audit.record({ type: "client_secret_rotated", clientId: id }, by);
    return { is: "rotated", secret };
  }
  return { is: "unknown" };
}

/** Removes a client and ends its sessions. @returns whether it existed */
export async function removeClient(parts: Parts, id: string, by: Origin): Promise<boolean> {
  if (!(await parts.db.clients.remove(id))) return false;
  await clear(parts, id);
  await parts.audit.record({ type: "client_removed", clientId: id }, by);
  await endSessions(parts, { clientId: id }, "client_removed", by);
  return true;
}

/** Removes the consents and codes of an id: another client that gets it must not inherit them. */
async function clear({ db }: Pick<Parts, "db">, id: string): Promise<void> {
  await db.consents.removeOfClient(id);
  await db.codes.removeOfClient(id);
}
