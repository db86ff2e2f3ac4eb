/** The refresh token grant (RFC 6749 section 6), with rotation (RFC 9700 section 4.14.2). */
import { z } from "zod";
import { present, rotate } from "../../../tokens/refresh.ts";
import { oauthError, tooManyAttempts } from "../error.ts";
import { defineGrant, grantScope, SCOPE } from "./grant.ts";

const parameters = z.object({ refresh_token: z.string(), scope: SCOPE });

/** Continues a session. The access token may have fewer scopes than the session; the refresh token keeps them all. */
export const refreshToken = defineGrant(parameters, async (tegata, request) => {
  const refused = oauthError(
    "invalid_grant",
    "the refresh token is invalid, expired, revoked or already used",
  );
  const { refresh_token, client, requester } = request;
  const presented = await present(tegata, refresh_token, client.id, requester);
  if (presented.is === "throttled") return tooManyAttempts(presented.retryAfterSeconds);
  if (presented.is === "refused") return refused;
  const { found } = presented;
  const { session, user } = found;
  // A scope that cannot be granted must not use up the token.
  const scoped = grantScope(request.scope, session.scope, tegata);
  if (scoped.is === "error") return scoped;
  const child = await rotate(tegata, found, requester);
  if (child === undefined) return refused;
  return {
    is: "granted",
    session,
    scope: scoped.scope,
    refreshToken: child,
    // Without a nonce (OpenID Connect Core section 12.2): there is no new request that it could belong to.
    login: { user },
  };
});
