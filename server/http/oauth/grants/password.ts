/** The resource owner password credentials grant (RFC 6749 section 4.3). */
import { z } from "zod";
import { logIn } from "../../../accounts/login.ts";
import { issueRefreshToken } from "../../../tokens/refresh.ts";
import { withoutIdentity } from "../../../tokens/scopes.ts";
import { EMAIL_UNVERIFIED, oauthError, temporarilyUnavailable, tooManyAttempts } from "../error.ts";
import { defineGrant, grantScope, SCOPE } from "./grant.ts";

const parameters = z.object({
  username: z.string().meta({ description: "An email or a username", example: "ada@example.com" }),
  password: z.string().meta({ example: "correct horse battery" }),
  scope: SCOPE,
});

/** Logs a user in. */
export const password = defineGrant(parameters, async (tegata, request) => {
  const { client, username, password, requester } = request;
  const scoped = grantScope(request.scope, withoutIdentity(client.scope), tegata);
  if (scoped.is === "error") return scoped;
  const { scope } = scoped;

  const credentials = { login: username, password };
  const refreshes = client.grants.includes("refresh_token");
  const session = { clientId: client.id, scope, refreshes };
  const result = await logIn(tegata, credentials, session, requester);
  switch (result.is) {
    case "busy":
      return temporarilyUnavailable(result.retryAfterSeconds);
    case "throttled":
      return tooManyAttempts(result.retryAfterSeconds);
    case "refused":
      return oauthError("invalid_grant", "incorrect username or password, or a disabled account");
    case "email_unverified":
      return EMAIL_UNVERIFIED;
    case "logged_in":
      return {
        is: "granted",
        session: result.session,
        scope,
        ...(refreshes && {
          refreshToken: await issueRefreshToken(tegata, result.session),
        }),
      };
  }
});
