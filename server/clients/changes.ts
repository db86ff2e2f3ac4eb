/** Changing an OAuth client: what it may do, and its secret. */
import type { Origin } from "../requester.ts";
import type { Tegata } from "../tegata.ts";
import { endSessions } from "../tokens/sessions.ts";
import {
  checkClient,
  columnsOf,
  type InvalidClient,
  type NewClient,
  requestOf,
} from "./clients.ts";
import { hashSecret, newSecret } from "./secrets.ts";

type Parts = Pick<Tegata, "db" | "now" | "log" | "audit">;

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

/** Gives a client a new secret. The old one stops to work at once; its sessions stay. */
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
