/** The client credentials grant (RFC 6749 section 4.4). */
import { openClientSession } from "../../../tokens/sessions.ts";
import { oauthError } from "../error.ts";
import { grantScope } from "../scope.ts";
import type { Grant } from "./grant.ts";

/** Gives a client a token of its own, and no refresh token (section 4.4.3). Its subject is no user's: it has a letter. */
export const clientCredentials: Grant = async (tegata, { client, form }) => {
  if (!client.confidential)
    return oauthError("unauthorized_client", "a client without a secret may not use this grant");
  const scoped = grantScope(form.get("scope"), client.scopes);
  if (scoped.is === "error") return scoped;
  const { scope } = scoped;
  const session = await openClientSession(tegata, { clientId: client.id, scope });
  return { is: "granted", session, subject: client.id, scope };
};
