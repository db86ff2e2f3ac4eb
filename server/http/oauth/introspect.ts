/** The introspection endpoint, `POST /introspect` (RFC 7662). */
import type { Client } from "../../clients/clients.ts";
import type { Tegata } from "../../tegata.ts";
import { type FoundToken, findToken } from "../../tokens/lookup.ts";
import { isActive } from "../../tokens/refresh.ts";
import { scopeNames } from "../../tokens/scopes.ts";
import type { PlainHandler } from "../route.ts";
import { invalidClient, readRequest } from "./client-auth.ts";
import { oauthError } from "./error.ts";

/** The description of a token (RFC 7662 section 2.2). There is no other information about an inactive token. */
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
      /** For access tokens only. */
      token_type?: "Bearer";
      aud?: string;
      jti?: string;
    };

/** Tells a client with a secret whether a token is active. */
export const introspectionEndpoint = (tegata: Tegata): PlainHandler =>
  async function introspect(req) {
    // Always 401 (RFC 7662 section 2.3).
    const request = await readRequest(tegata, req, { challenge: true });
    if (request.is === "error") return request;
    const { form, client } = request;
    if (!client.confidential)
      return invalidClient("only a client with a secret may introspect", true);

    const value = form.get("token");
    if (value === undefined) return oauthError("invalid_request", "token is missing");
    const found = await findToken(tegata, value, form.get("token_type_hint"));
    const body: Introspection = found ? describe(tegata, client, found) : { active: false };
    return { body };
  };

function describe(
  { settings, scopes, now }: Tegata,
  client: Client,
  found: FoundToken,
): Introspection {
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
  // Only its own client learns about a refresh token.
  if (session.clientId !== client.id || !isActive(found, now())) return { active: false };
  return {
    ...common,
    sub: String(found.user.id),
    scope: scopeNames(session.scope, scopes).join(" "),
    iat: Math.floor(found.token.createdAtMs / 1000),
    exp: Math.floor(found.token.expiresAtMs / 1000),
  };
}
