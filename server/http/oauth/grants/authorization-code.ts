/** The authorization code grant (RFC 6749 section 4.1.3), with PKCE (RFC 7636 section 4.5). */
import { z } from "zod";
import { redeemCode } from "../../../clients/codes.ts";
import { issueRefreshToken } from "../../../tokens/refresh.ts";
import { oauthError, tooManyAttempts } from "../error.ts";
import { defineGrant } from "./grant.ts";

const parameters = z.object({
  code: z.string(),
  redirect_uri: z.string().optional(),
  code_verifier: z.string().optional(),
});

/** RFC 7636 section 4.1. */
const VERIFIER = /^[\w.~-]{43,128}$/;

/** Exchanges a code for tokens. */
export const authorizationCode = defineGrant(parameters, async (tegata, request) => {
  const { client, code, requester, redirect_uri: redirectUri, code_verifier: verifier } = request;
  if (verifier !== undefined && !VERIFIER.test(verifier))
    return oauthError(
      "invalid_request",
      "the code_verifier must contain 43 to 128 letters, digits and - . _ ~",
    );
  const refreshes = client.grants.includes("refresh_token");
  const redemption = { code, clientId: client.id, redirectUri, verifier, refreshes };
  const redeemed = await redeemCode(tegata, redemption, requester);
  switch (redeemed.is) {
    case "throttled":
      return tooManyAttempts(redeemed.retryAfterSeconds);
    case "refused":
      // One description for all reasons: it must not tell which part of a stolen code is missing.
      return oauthError(
        "invalid_grant",
        "the code is invalid, expired, already used, or belongs to another request",
      );
    case "redeemed": {
      const { session, user, nonce } = redeemed;
      const refreshToken = refreshes ? await issueRefreshToken(tegata, session) : undefined;
      return {
        is: "granted",
        session,
        scope: session.scope,
        login: { user, nonce },
        ...(refreshToken !== undefined && { refreshToken }),
      };
    }
  }
});
