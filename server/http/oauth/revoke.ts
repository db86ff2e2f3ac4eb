/** The revocation endpoint, `POST /revoke` (RFC 7009). */
import type { Tegata } from "../../tegata.ts";
import { revokeToken } from "../../tokens/revocation.ts";
import { requesterOf } from "../requester.ts";
import type { PlainHandler } from "../route.ts";
import { readRequest } from "./client-auth.ts";
import { oauthError } from "./error.ts";

/** Ends the session of a token and all of its tokens. An unknown token is not an error (section 2.2). */
export const revocationEndpoint = (tegata: Tegata): PlainHandler =>
  async function revoke(req) {
    const request = await readRequest(tegata, req);
    if (request.is === "error") return request;
    const { form, client } = request;
    const value = form.get("token");
    if (value === undefined) return oauthError("invalid_request", "token is missing");
    const presented = { value, hint: form.get("token_type_hint"), clientId: client.id };
    if ((await revokeToken(tegata, presented, requesterOf(req))) === "refused")
      return oauthError("invalid_grant", "the token was issued to another client");
    // Some clients require a JSON body.
    return { body: {} };
  };
