/** The resource owner password credentials grant (RFC 6749 section 4.3). */
import type { Session } from "../../../../db/sessions.ts";
import { authenticate } from "../../../accounts/accounts.ts";
import type { Busy } from "../../../accounts/passwords.ts";
import type { Tegata } from "../../../tegata.ts";
import { issueRefreshToken } from "../../../tokens/refresh.ts";
import { openSession, type SessionRequest } from "../../../tokens/sessions.ts";
import { oauthError, temporarilyUnavailable } from "../error.ts";
import { grantScope } from "../scope.ts";
import type { Grant } from "./grant.ts";

/** Logs a user in, by email or username. */
export const password: Grant = async (tegata, { client, form, userAgent }) => {
  const [username, secret] = [form.get("username"), form.get("password")];
  if (username === undefined) return oauthError("invalid_request", "username is missing");
  if (secret === undefined) return oauthError("invalid_request", "password is missing");
  const scoped = grantScope(form.get("scope"), client.scopes);
  if (scoped.is === "error") return scoped;
  const { scope } = scoped;

  const result = await logIn(tegata, username, secret, { clientId: client.id, scope, userAgent });
  if (result.is === "busy") return temporarilyUnavailable(result.retryAfterSeconds);
  if (result.is === "refused")
    return oauthError("invalid_grant", "wrong username or password, or the account is disabled");
  const { session } = result;
  return {
    is: "granted",
    session,
    subject: String(session.userId),
    scope,
    ...(client.grants.includes("refresh_token") && {
      refreshToken: await issueRefreshToken(tegata, session),
    }),
  };
};

async function logIn(
  tegata: Tegata,
  username: string,
  secret: string,
  request: SessionRequest,
  tries = 2,
): Promise<{ is: "session"; session: Session } | { is: "refused" } | Busy> {
  const result = await authenticate(tegata, username, secret);
  if (result.is !== "authenticated") return result;
  const session = await openSession(tegata, result.user, request);
  if (session) return { is: "session", session };
  // The hash has just been changed: by its owner, or renewed by another log-in of theirs.
  return tries > 1 ? logIn(tegata, username, secret, request, tries - 1) : { is: "refused" };
}
