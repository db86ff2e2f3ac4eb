/** The token endpoint, `POST /token` (RFC 6749 section 3.2). */
import type { Router } from "express";
import type { Tegata } from "../../tegata.ts";
import { oauthEndpoint, PATHS } from "./endpoint.ts";
import { oauthError } from "./error.ts";
import type { Form } from "./form.ts";
import type { Granted } from "./grants/grant.ts";
import { GRANTS } from "./grants/index.ts";

/** A successful answer (RFC 6749 section 5.1). */
export interface TokenResponse {
  access_token: string;
  token_type: "Bearer";
  /** Seconds. */
  expires_in: number;
  /** Space-separated. */
  scope: string;
  /** Not for a client that acts for itself, nor for one that may not refresh. */
  refresh_token?: string;
}

/** The endpoint. The form has been parsed (1) and the client authenticated (2) when it is asked. */
export function tokenEndpoint(tegata: Tegata): Router {
  return oauthEndpoint(tegata, PATHS.token, async (request) => {
    // 3. Find the grant, and whether the client may use it.
    const grantType = grantTypeOf(request.form, tegata.settings.requireGrantType);
    if (grantType === undefined) return oauthError("invalid_request", "grant_type is missing");
    const grant = GRANTS.get(grantType);
    if (!grant)
      return oauthError(
        "unsupported_grant_type",
        `the grants are: ${[...GRANTS.keys()].join(" ")}`,
      );
    if (!request.client.grants.includes(grantType))
      return oauthError("unauthorized_client", "the client may not use this grant");

    // 4. Let the grant decide.
    const granted = await grant(tegata, request);
    if (granted.is === "error") return granted;

    // 5. Issue the tokens.
    return { is: "answer", body: await issueTokens(tegata, granted) };
  });
}

/** Signs the access token of what was granted. */
export async function issueTokens(
  { accessTokens }: Tegata,
  { session, subject, scope, refreshToken }: Granted,
): Promise<TokenResponse> {
  const grant = { subject, scope, clientId: session.clientId, sessionId: session.id };
  const { token, expiresInSeconds } = await accessTokens.sign(grant, session.expiresAtMs);
  return {
    access_token: token,
    token_type: "Bearer",
    expires_in: expiresInSeconds,
    scope,
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
  };
}

/** The one leniency: pages written from FastAPI's tutorial send username and password and no `grant_type`. */
function grantTypeOf(form: Form, required: boolean): string | undefined {
  const lenient = !required && form.has("username") && form.has("password");
  return form.get("grant_type") ?? (lenient ? "password" : undefined);
}
