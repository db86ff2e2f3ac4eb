/** The resource owner password credentials grant (RFC 6749 section 4.3). */
import { authenticate } from "../../../accounts/accounts.ts";
import { openSession } from "../../../tokens/sessions.ts";
import { oauthError, temporarilyUnavailable } from "../error.ts";
import { grantScope } from "../scope.ts";
import type { Grant } from "./grant.ts";

/** Logs a user in, by email or username. */
export const password: Grant = async (tegata, client, form) => {
  const [username, secret] = [form.get("username"), form.get("password")];
  if (username === undefined) return oauthError("invalid_request", "username is missing");
  if (secret === undefined) return oauthError("invalid_request", "password is missing");
  const scoped = grantScope(form.get("scope"));
  if (scoped.is === "error") return scoped;

  const result = await authenticate(tegata, username, secret);
  if (result.is === "busy") return temporarilyUnavailable(result.retryAfterSeconds);
  if (result.is === "refused")
    return oauthError("invalid_grant", "wrong username or password, or the account is disabled");
  const sessionId = await openSession(tegata, result.user, client.id);
  return {
    is: "granted",
    subject: String(result.user.id),
    clientId: client.id,
    sessionId,
    scope: scoped.scope,
  };
};
