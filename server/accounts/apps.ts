/** Apps: the clients that may use the account of a user, and how the user removes one. */
import { BUILT_IN_CLIENT } from "../clients/clients.ts";
import { clientNames } from "../clients/names.ts";
import type { Origin } from "../requester.ts";
import type { Tegata } from "../tegata.ts";
import { endSessions } from "../tokens/sessions.ts";
import { isOfApp, listLogins } from "./sessions.ts";

/** An app that may do something for a user, or that has a session of theirs. */
export interface App {
  clientId: string;
  /** What users see of it. */
  name: string;
  /** What the user has agreed to; empty if nobody was asked, as for an application of the operator. */
  scopes: readonly string[];
  /** When the user agreed first, epoch milliseconds; null if nobody was asked. */
  grantedAtMs: number | null;
  /** How many active sessions it has. */
  sessions: number;
}

/** The apps of a user: those with consents in the order in which the user gave them, then the others. */
export async function listApps(parts: Pick<Tegata, "db" | "now">, userId: number): Promise<App[]> {
  const [consents, logins] = await Promise.all([
    parts.db.consents.list(userId),
    listLogins(parts, userId),
  ]);
  const sessions = logins.flatMap((login) => [login, ...login.opened]).filter(isOfApp);
  const ids = new Set([...consents, ...sessions].map(({ clientId }) => clientId));
  const nameOf = await clientNames(parts, [...ids]);
  return [...ids].map((clientId) => {
    const given = consents.filter((one) => one.clientId === clientId);
    return {
      clientId,
      name: nameOf(clientId),
      scopes: given.map(({ scope }) => scope),
      grantedAtMs: given[0]?.grantedAtMs ?? null,
      sessions: sessions.filter((one) => one.clientId === clientId).length,
    };
  });
}

/**
 * Removes an app: its consents and its codes, and then its sessions. The exchange of a code does it the other way round: it
 * stores the session, and then looks for the code and the consent. So whichever of the two comes second sees the other.
 * @returns whether the app had a consent or a session
 */
export async function removeApp(
  tegata: Pick<Tegata, "db" | "now" | "log" | "audit">,
  { userId, clientId }: { userId: number; clientId: string },
  by: Origin,
): Promise<boolean> {
  // Its sessions are the browsers of the user.
  if (clientId === BUILT_IN_CLIENT.id) return false;
  const { db, audit } = tegata;
  const consents = await db.consents.removeOfClient(clientId, userId);
  await db.codes.removeOfClient(clientId, userId);
  const ended = await endSessions(tegata, { userId, clientId }, "app_removed", by);
  if (consents + ended === 0) return false;
  await audit.record({ type: "app_removed", userId, clientId, detail: String(ended) }, by);
  return true;
}
