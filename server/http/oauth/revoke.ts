/** The revocation endpoint, `POST /revoke` (RFC 7009). */
import type { Router } from "express";
import type { Tegata } from "../../tegata.ts";
import { oauthEndpoint, PATHS } from "./endpoint.ts";
import { oauthError } from "./error.ts";
import { findToken } from "./find-token.ts";

/** Ends the session of a token, and all its tokens with it. A token that is none is no error (section 2.2). */
export function revocationEndpoint(tegata: Tegata): Router {
  return oauthEndpoint(tegata, PATHS.revocation, async ({ client, form }) => {
    const value = form.get("token");
    if (value === undefined) return oauthError("invalid_request", "token is missing");
    const found = await findToken(tegata, value, form.get("token_type_hint"));
    if (found && found.session.clientId !== client.id)
      return oauthError("invalid_grant", "the token was issued to another client");
    if (found) await tegata.db.sessions.revoke(found.session.id, tegata.now());
    // Some clients cannot do without a JSON body.
    return { is: "answer", body: {} };
  });
}
