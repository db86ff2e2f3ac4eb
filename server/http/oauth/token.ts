/** The token endpoint, `POST /token` (RFC 6749 section 3.2). */
import type { Tegata } from "../../tegata.ts";
import { issueAccessToken } from "../../tokens/access.ts";
import { signIdToken } from "../../tokens/id-token.ts";
import { requesterOf } from "../requester.ts";
import type { Handler } from "../route.ts";
import { readRequest } from "./client-auth.ts";
import { oauthError } from "./error.ts";
import { type Form, isMultipart, NOT_URLENCODED } from "./form.ts";
import type { Granted } from "./grants/grant.ts";
import { allowedGrants } from "./grants/index.ts";

/** A successful response (RFC 6749 section 5.1). */
export interface TokenResponse {
  access_token: string;
  token_type: "Bearer";
  /** Seconds. */
  expires_in: number;
  /** Space-separated. */
  scope: string;
  /** Omitted for a client that acts on its own behalf or may not refresh. */
  refresh_token?: string;
  /** With the scope `openid` (OpenID Connect Core sections 3.1.3.3 and 12.2). */
  id_token?: string;
}

/** Exchanges a grant for tokens. */
export function tokenEndpoint(tegata: Tegata): Handler {
  const { requireGrantType } = tegata.settings;
  const grants = allowedGrants(tegata.settings);
  const supported = `the supported grants are: ${[...grants.keys()].join(" ")}`;

  return async function token(req) {
    // 1. Read the form and authenticate the client.
    const request = await readRequest(tegata, req, { multipart: !requireGrantType });
    if (request.is === "error") return request;
    const { form, client } = request;

    // 2. Find the grant, and check that the client may use it.
    const grantType = grantTypeOf(form, requireGrantType);
    // Only a login: FastAPI has no other grant.
    if (isMultipart(req) && grantType !== "password") return NOT_URLENCODED;
    if (grantType === undefined) return oauthError("invalid_request", "grant_type is missing");
    const grant = grants.get(grantType);
    if (!grant) return oauthError("unsupported_grant_type", supported);
    if (!client.grants.includes(grantType))
      return oauthError("unauthorized_client", "the client may not use this grant");

    // 3. Let the grant decide.
    const granted = await grant.decide(tegata, { client, form, requester: requesterOf(req) });
    if (granted.is === "error") return granted;

    // 4. Issue the access token, and the ID token.
    const { session, scope, refreshToken } = granted;
    const issued = await issueAccessToken(tegata, session, scope);
    const idToken = await issueIdToken(tegata, granted, issued.scope);
    const body: TokenResponse = {
      access_token: issued.token,
      token_type: "Bearer",
      expires_in: issued.expiresInSeconds,
      scope: issued.scope,
      ...(refreshToken !== undefined && { refresh_token: refreshToken }),
      ...(idToken !== undefined && { id_token: idToken }),
    };
    return { body };
  };
}

/** @param scope that of the access token */
async function issueIdToken(
  tegata: Tegata,
  { session, login }: Granted,
  scope: string,
): Promise<string | undefined> {
  if (!login || !scope.split(" ").includes("openid")) return undefined;
  return signIdToken(tegata, { ...login, session, clientId: session.clientId, scope });
}

/**
 * The only leniency: pages based on FastAPI's tutorial send username and password without `grant_type`, and some send
 * them as `multipart/form-data`.
 */
function grantTypeOf(form: Form, required: boolean): string | undefined {
  const isLogin = !required && form.has("username") && form.has("password");
  return form.get("grant_type") ?? (isLogin ? "password" : undefined);
}
