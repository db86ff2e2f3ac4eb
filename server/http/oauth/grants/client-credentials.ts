/** The client credentials grant (RFC 6749 section 4.4). */
import { z } from "zod";
import { findAllowed } from "../../../clients/clients.ts";
import { withoutIdentity } from "../../../tokens/scopes.ts";
import { endSessions, openClientSession } from "../../../tokens/sessions.ts";
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
    const opened = { clientId: client.id, scope };
    const session = await openClientSession(tegata, opened, requester);
    if (!(await findAllowed(tegata, { ...opened, grant: "client_credentials" }))) {
      await endSessions(tegata, { id: session.id }, "client_updated", requester);
      return oauthError("unauthorized_client", "the client was removed or changed");
    }
    return { is: "granted", session, scope };
  },
);
