/** Consent: which scopes a user lets a client have. It is asked for once, and kept for each scope. */

import type { Origin } from "../requester.ts";
import type { Tegata } from "../tegata.ts";
import { scopeNames } from "../tokens/scopes.ts";
import type { Client } from "./clients.ts";

/** The most characters of the scopes that the audit log keeps. */
const MAX_DETAIL = 200;

/** Who is asked, for which client, and for what. */
export interface Question {
  userId: number;
  client: Pick<Client, "id" | "isFirstParty">;
  /** Space-separated, or `ALL_SCOPES`. */
  scope: string;
}

/** Whether a user has agreed to everything that a client asks for. Users are not asked about the clients of the operator. */
export async function hasConsent(
  { db, scopes }: Pick<Tegata, "db" | "scopes">,
  { userId, client, scope }: Question,
): Promise<boolean> {
  if (client.isFirstParty) return true;
  const given = await db.consents.listScopes(userId, client.id);
  return scopeNames(scope, scopes).every((name) => given.includes(name));
}

/** Remembers that a user has agreed. */
export async function giveConsent(
  { db, now, scopes, audit }: Pick<Tegata, "db" | "now" | "scopes" | "audit">,
  { userId, client, scope }: Question,
  by: Origin,
): Promise<void> {
  const grantedAtMs = now();
  const names = scopeNames(scope, scopes);
  for (const name of names)
    await db.consents.add({ userId, clientId: client.id, scope: name, grantedAtMs });
  const detail = names.join(" ").slice(0, MAX_DETAIL);
  await audit.record({ type: "consent_given", userId, clientId: client.id, detail }, by);
}
