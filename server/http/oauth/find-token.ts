/** Which token of ours a text is: for the endpoints that take both kinds (RFC 7009, RFC 7662). */
import type { Tegata } from "../../tegata.ts";
import type { AccessToken } from "../../tokens/access.ts";
import { findRefreshToken, type Presented } from "../../tokens/refresh.ts";
import { findHolder, type Holder } from "../../tokens/sessions.ts";

/** A token of ours with the session that it belongs to. A refresh token may be spent, or its session over. */
export type FoundToken =
  | ({ kind: "access_token"; token: AccessToken } & Holder)
  | ({ kind: "refresh_token" } & Presented);

/** Looks first for what the hint says, and then for the other kind: a hint may be wrong (RFC 7009 section 2.1). */
export async function findToken(
  tegata: Tegata,
  value: string,
  hint: string | undefined,
): Promise<FoundToken | undefined> {
  const kinds = [() => findAccess(tegata, value), () => findRefresh(tegata, value)];
  if (hint === "refresh_token") kinds.reverse();
  for (const find of kinds) {
    const found = await find();
    if (found) return found;
  }
  return undefined;
}

async function findAccess(tegata: Tegata, value: string): Promise<FoundToken | undefined> {
  const token = await tegata.accessTokens.verify(value);
  const holder = token && (await findHolder(tegata, token));
  return holder && { kind: "access_token", token, ...holder };
}

async function findRefresh(tegata: Tegata, value: string): Promise<FoundToken | undefined> {
  const presented = await findRefreshToken(tegata, value);
  return presented && { kind: "refresh_token", ...presented };
}
