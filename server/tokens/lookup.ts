/** Looking up a token of either kind, for what takes both (RFC 7009, RFC 7662). */
import type { TokenOwner } from "../../db/session-lookup.ts";
import type { Tegata } from "../tegata.ts";
import type { AccessToken } from "./access.ts";
import { type FoundRefreshToken, findRefreshToken } from "./refresh.ts";
import { findTokenOwner } from "./sessions.ts";

/** A token of this service with its session. A refresh token may have been used, and its session may be over. */
export type FoundToken =
  | ({ kind: "access_token"; token: AccessToken } & TokenOwner)
  | ({ kind: "refresh_token" } & FoundRefreshToken);

/** Looks for the kind that the hint names, then for the other one: a hint may be wrong (RFC 7009 section 2.1). */
export async function findToken(
  tegata: Tegata,
  value: string,
  hint: string | undefined,
): Promise<FoundToken | undefined> {
  const lookups = [findAccess, findRefresh];
  if (hint === "refresh_token") lookups.reverse();
  for (const find of lookups) {
    const found = await find(tegata, value);
    if (found) return found;
  }
  return undefined;
}

async function findAccess(tegata: Tegata, value: string): Promise<FoundToken | undefined> {
  const token = await tegata.accessTokens.verify(value);
  const owner = token && (await findTokenOwner(tegata, token));
  return owner && { kind: "access_token", token, ...owner };
}

async function findRefresh(tegata: Tegata, value: string): Promise<FoundToken | undefined> {
  const found = await findRefreshToken(tegata, value);
  return found && { kind: "refresh_token", ...found };
}
