/** The refresh token grant (RFC 6749 section 6), with rotation (RFC 9700 section 4.14.2). */
import { findUsable, rotate } from "../../../tokens/refresh.ts";
import { oauthError } from "../error.ts";
import { grantScope } from "../scope.ts";
import type { Grant } from "./grant.ts";

/** Continues a session. The access token may have fewer scopes than the session; the refresh token keeps them all. */
export const refreshToken: Grant = async (tegata, { client, form }) => {
  const value = form.get("refresh_token");
  if (value === undefined) return oauthError("invalid_request", "refresh_token is missing");
  const refused = oauthError(
    "invalid_grant",
    "the refresh token is not valid, or not valid any more",
  );
  const presented = await findUsable(tegata, value, client.id);
  if (!presented) return refused;
  const { session, user } = presented;
  // A scope that cannot be granted must not cost the token.
  const scoped = grantScope(form.get("scope"), session.scope.split(" "));
  if (scoped.is === "error") return scoped;
  const child = await rotate(tegata, presented);
  if (child === undefined) return refused;
  return {
    is: "granted",
    session,
    subject: String(user.id),
    scope: scoped.scope,
    refreshToken: child,
  };
};
