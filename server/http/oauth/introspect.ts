/** The introspection endpoint, `POST /introspect` (RFC 7662). */
import type { Router } from "express";
import type { Tegata } from "../../tegata.ts";
import { isUnspent } from "../../tokens/refresh.ts";
import { BASIC_CHALLENGE, type Client } from "./client.ts";
import { oauthEndpoint, PATHS } from "./endpoint.ts";
import { oauthError } from "./error.ts";
import { type FoundToken, findToken } from "./find-token.ts";

/** What is said of a token (RFC 7662 section 2.2); of one that is not good now nothing but that. */
export type Introspection =
  | { active: false }
  | {
      active: true;
      iss: string;
      sub: string;
      client_id: string;
      /** Space-separated. */
      scope: string;
      /** Epoch seconds. */
      iat: number;
      /** Epoch seconds. */
      exp: number;
      sid: string;
      /** Of access tokens only. */
      token_type?: "Bearer";
      aud?: string;
      jti?: string;
    };

/** Says what a token is worth, to clients that have a secret. */
export function introspectionEndpoint(tegata: Tegata): Router {
  return oauthEndpoint(tegata, PATHS.introspection, async ({ client, form }) => {
    if (!client.confidential)
      return {
        ...oauthError("invalid_client", "only a client with a secret may ask"),
        status: 401,
        headers: BASIC_CHALLENGE,
      };
    const value = form.get("token");
    if (value === undefined) return oauthError("invalid_request", "token is missing");
    const found = await findToken(tegata, value, form.get("token_type_hint"));
    const body: Introspection = found ? describe(tegata, client, found) : { active: false };
    return { is: "answer", body };
  });
}

function describe({ settings, now }: Tegata, client: Client, found: FoundToken): Introspection {
  const { session, user } = found;
  if (user?.disabled) return { active: false };
  const common = {
    active: true,
    iss: settings.issuer,
    sid: session.id,
    client_id: session.clientId,
  } as const;
  if (found.kind === "access_token") {
    const { subject: sub, scope, issuedAt: iat, expiresAt: exp, id: jti } = found.token;
    return { ...common, sub, scope, iat, exp, jti, aud: settings.audience, token_type: "Bearer" };
  }
  // A refresh token is nobody's business but its client's and ours.
  if (session.clientId !== client.id || !isUnspent(found, now())) return { active: false };
  return {
    ...common,
    sub: String(found.user.id),
    scope: session.scope,
    iat: Math.floor(found.token.createdAtMs / 1000),
    exp: Math.floor(found.token.expiresAtMs / 1000),
  };
}
