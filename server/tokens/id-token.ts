/** ID tokens: they tell a client who has logged in, and when (OpenID Connect Core section 2). They give no access. */
import * as errors from "jose/errors";
import { SignJWT } from "jose/jwt/sign";
import { jwtVerify } from "jose/jwt/verify";
import { z } from "zod";
import type { Session } from "../../db/sessions.ts";
import type { User } from "../../db/users.ts";
import type { Tegata } from "../tegata.ts";
import { claimsOf } from "./claims.ts";
import type { Keys } from "./keys.ts";

/** The media type of ID tokens. Access tokens have another, and so neither is accepted as the other. */
const TYPE = "JWT";

/** What an ID token says. */
export interface IdTokenRequest {
  user: User;
  session: Session;
  clientId: string;
  /** What the client sent with its request, and compares (section 3.1.2.1); undefined if it sent nothing. */
  nonce?: string | undefined;
  /** The granted scopes, space-separated: they decide on the claims about the user (section 5.4). */
  scope: string;
}

/** Signs an ID token that expires with the access token beside it. */
export async function signIdToken(
  { accessTokens, keys, settings, now }: Pick<Tegata, "accessTokens" | "keys" | "settings" | "now">,
  { user, session, clientId, nonce, scope }: IdTokenRequest,
): Promise<string> {
  const { signing } = await keys.identity();
  const issuedAt = Math.floor(now() / 1000);
  const sessionEnd = Math.floor(session.expiresAtMs / 1000);
  const { authTimeMs, amr } = session;
  return new SignJWT({
    ...(nonce !== undefined && { nonce }),
    ...(authTimeMs !== null && { auth_time: Math.floor(authTimeMs / 1000) }),
    ...(amr !== null && { amr: amr.split(" ") }),
    sid: session.id,
    ...claimsOf(user, scope.split(" ")),
  })
    .setProtectedHeader({ alg: signing.algorithm, typ: TYPE, kid: signing.jwk.kid })
    .setIssuer(settings.issuer)
    .setAudience(clientId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(Math.min(issuedAt + accessTokens.lifetimeSeconds, sessionEnd))
    .sign(signing.privateKey);
}

/** The login that an ID token was issued for. */
export interface IdTokenHint {
  /** The user's id in decimal digits. */
  subject: string;
  clientId: string;
  sessionId: string;
}

const Claims = z.object({ sub: z.string(), aud: z.string(), sid: z.string() });

/**
 * Reads an ID token of this service that a client sends as a hint. It may have expired, and its session may be over
 * (section 3.1.2.1, RP-Initiated Logout 1.0 section 2).
 * @returns undefined if this service has not issued it
 */
export async function readIdToken(
  { keys, settings }: Pick<Tegata, "keys" | "settings">,
  token: string,
): Promise<IdTokenHint | undefined> {
  try {
    const { payload } = await jwtVerify(token, await keyFinder(keys), {
      algorithms: ["RS256"],
      typ: TYPE,
      issuer: settings.issuer,
      // Before any token was issued, so that no token counts as expired.
      currentDate: new Date(0),
    });
    const claims = Claims.safeParse(payload);
    if (!claims.success) return undefined;
    const { sub, aud, sid } = claims.data;
    return { subject: sub, clientId: aud, sessionId: sid };
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

/** Finds the key that a header names among ours. */
async function keyFinder(keys: Keys) {
  const { verifying } = await keys.identity();
  return ({ kid = "" }: { kid?: string }) => {
    const key = verifying.get(kid);
    if (!key) throw new errors.JWKSNoMatchingKey();
    return key.publicKey;
  };
}
