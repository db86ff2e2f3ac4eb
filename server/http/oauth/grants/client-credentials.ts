/** The client credentials grant (RFC 6749 section 4.4). */
import { z } from "zod";
import { withoutIdentity } from "../../../tokens/scopes.ts";
import { openClientSession } from "../../../tokens/sessions.ts";
import { oauthError } from "../error.ts";
import { defineGrant, grantScope, SCOPE } from "./grant.ts";

/** Issues a token to the client itself, without a refresh token (section 4.4.3). */
export const clientCredentials = defineGrant(
  z.object({ scope: SCOPE }),
  async (tegata, request) => {
    const { client, requester } = request;
    if (!client.confidential)
      return oauthError("unauthorized_client", "a client without a secret may not use this grant");
    const scoped = grantScope(request.scope, withoutIdentity(client.scope), tegata);
    if (scoped.is === "error") return scoped;
    const { scope } = scoped;
    const session = await openClientSession(tegata, { clientId: client.id, scope }, requester);
    return { is: "granted", session, scope };
  },
);
