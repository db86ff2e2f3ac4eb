/** Consent: which scopes a user lets a client have. It is asked for once, and kept for each scope. */
import type { Client } from "../clients/clients.ts";
import type { Tegata } from "../tegata.ts";
import { scopeNames } from "../tokens/scopes.ts";

/** Who is asked, for which client, and for what. */
interface Question {
  userId: number;
  client: Pick<Client, "id" | "isFirstParty">;
  /** Space-separated, or `ALL_SCOPES`. */
  scope: string;
}

/** Whether a user has agreed to everything that a client asks for. Nobody is asked about the clients of the operator. */
export async function hasConsent(
  { db }: Pick<Tegata, "db">,
  { userId, client, scope }: Question,
): Promise<boolean> {
  if (client.isFirstParty) return true;
  const given = await db.consents.listScopes(userId, client.id);
  return scopeNames(scope).every((name) => given.includes(name));
}

/** Remembers that a user has agreed. */
export async function giveConsent(
  { db, now }: Pick<Tegata, "db" | "now">,
  { userId, client, scope }: Question,
): Promise<void> {
  const grantedAtMs = now();
  for (const name of scopeNames(scope))
    await db.consents.add({ userId, clientId: client.id, scope: name, grantedAtMs });
}
