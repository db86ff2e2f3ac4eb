/** Revoking a token: its session ends, and with it all of its tokens (RFC 7009). */
import type { Origin } from "../requester.ts";
import type { Tegata } from "../tegata.ts";
import { findToken } from "./lookup.ts";
import { endSessions } from "./sessions.ts";

/** The result: `inactive` if no session had to be ended, `refused` if the token was issued to another client. */
export type Revoked = "revoked" | "inactive" | "refused";

/**
 * Revokes a token that a client presents.
 * @param hint the kind of token that it may be (RFC 7009 section 2.1)
 */
export async function revokeToken(
  tegata: Tegata,
  presented: { value: string; hint: string | undefined; clientId: string },
  by: Origin,
): Promise<Revoked> {
  const outcome = await revoke(tegata, presented, by);
  tegata.metrics?.revocation(outcome);
  return outcome;
}

async function revoke(
  tegata: Tegata,
  { value, hint, clientId }: Parameters<typeof revokeToken>[1],
  by: Origin,
): Promise<Revoked> {
  const found = await findToken(tegata, value, hint);
  if (!found) return "inactive";
  const { id, clientId: owner } = found.session;
  if (owner !== clientId) return "refused";
  return (await endSessions(tegata, { id }, "token_revoked", by)) > 0 ? "revoked" : "inactive";
}
