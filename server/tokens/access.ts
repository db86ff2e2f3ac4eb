/** Access tokens: JWTs as in RFC 9068, signed and verified without the database. The session is checked elsewhere. */
import { randomUUID, sign } from "node:crypto";
import { promisify } from "node:util";
import * as errors from "jose/errors";
import { jwtVerify } from "jose/jwt/verify";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import type { Session } from "../../db/sessions.ts";
import type { Settings } from "../settings.ts";
import type { Keys, SigningKey, VerifyingKey } from "./keys.ts";
import { type Scopes, scopeNames } from "./scopes.ts";

/** The media type of access tokens (RFC 9068 section 2.1): no other JWT is accepted as one. */
const TYPE = "at+jwt";
/** How long after `exp` a token is still accepted, in seconds: the clocks of several instances differ. */
const LEEWAY_SECONDS = 5;
/** How many verified tokens are remembered. */
const REMEMBERED = 10_000;

/** A JWS in its compact form (RFC 7515 section 3.1). Decoders skip what does not belong to base64url. */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

const signInThread = promisify(sign);

/** The content of an access token. */
export interface TokenContent {
  /** `sub`: the user's id in decimal digits or, for a client that acts on its own behalf, its id, which has a letter. */
  subject: string;
  clientId: string;
  sessionId: string;
  /** Space-separated (RFC 6749 section 3.3). */
  scope: string;
}

/** A verified access token. */
export interface AccessToken extends TokenContent {
  /** `jti` */
  id: string;
  /** Epoch seconds. */
  issuedAt: number;
  /** Epoch seconds. */
  expiresAt: number;
}

const Claims = z.object({
  sub: z.string(),
  client_id: z.string(),
  sid: z.string(),
  scope: z.string(),
  iat: z.number(),
  exp: z.number(),
  jti: z.string(),
});

/** Signs and verifies access tokens. */
export interface AccessTokens {
  /** The lifetime of a token, in seconds, if its session lives that long. */
  readonly lifetimeSeconds: number;
  /** @param endMs when the session ends, epoch milliseconds: no token outlives it */
  sign(content: TokenContent, endMs: number): Promise<{ token: string; expiresInSeconds: number }>;
  /**
   * @returns the content; undefined if it is not a valid access token of this service. A promise only if the signature has
   * to be verified: a token that is known, or of somebody else, is answered at once.
   */
  verify(token: string): AccessToken | undefined | Promise<AccessToken | undefined>;
}

type Rules = Pick<Settings, "issuer" | "audience" | "accessTokenExpireMinutes">;

/**
 * Opens the access tokens on the given keys.
 * @param now epoch milliseconds
 */
export function openAccessTokens(keys: Keys, rules: Rules, now: () => number): AccessTokens {
  const lifetimeSeconds = rules.accessTokenExpireMinutes * 60;
  const remembered = new LRUCache<string, AccessToken>({ max: REMEMBERED });
  const byHeader = new Map([...keys.verifying.values()].map((key) => [encodedHeader(key), key]));
  const header = encodedHeader(keys.signing);

  async function verifyAndRemember(token: string, key: VerifyingKey) {
    const verified = await verify(token, key, rules, now());
    // A copy: a part of a text keeps all of it in memory, here a whole request.
    if (verified) remembered.set(Buffer.from(token).toString(), verified);
    return verified;
  }

  return {
    lifetimeSeconds,

    async sign({ subject, clientId, sessionId, scope }, endMs) {
      const issuedAt = Math.floor(now() / 1000);
      const expiresAt = Math.min(issuedAt + lifetimeSeconds, Math.floor(endMs / 1000));
      const claims = {
        client_id: clientId,
        sid: sessionId,
        scope,
        iss: rules.issuer,
        aud: rules.audience,
        sub: subject,
        iat: issuedAt,
        exp: expiresAt,
        jti: randomUUID(),
      };
      const content = `${header}.${base64url(JSON.stringify(claims))}`;
      const signature = await signatureOf(Buffer.from(content), keys.signing);
      const token = `${content}.${signature.toString("base64url")}`;
      return { token, expiresInSeconds: expiresAt - issuedAt };
    },

    verify(token) {
      // A signature is verified once, the expiry every time.
      const known = remembered.get(token);
      if (known) return known.expiresAt + LEEWAY_SECONDS > now() / 1000 ? known : undefined;
      // A token of ours begins in one of a few ways. Any other costs no more than this comparison.
      const key = byHeader.get(token.slice(0, token.indexOf(".")));
      return key && COMPACT.test(token) ? verifyAndRemember(token, key) : undefined;
    },
  };
}

/** The header of every token that a key has signed. */
const headerOf = ({ algorithm, jwk }: Pick<VerifyingKey, "algorithm" | "jwk">) => ({
  alg: algorithm,
  typ: TYPE,
  kid: jwk.kid,
});

/** The header as it begins a token. */
const encodedHeader = (key: VerifyingKey) => base64url(JSON.stringify(headerOf(key)));

/** Signs bytes (RFC 7518 section 3.1, RFC 8037). Waking a thread takes longer than signing, except with RSA. */
function signatureOf(bytes: Buffer, { algorithm, privateKey: key }: SigningKey) {
  const hash = algorithm === "EdDSA" ? null : "sha256";
  const how = { key, dsaEncoding: "ieee-p1363" } as const;
  return algorithm === "RS256" ? signInThread(hash, bytes, how) : sign(hash, bytes, how);
}

const base64url = (text: string) => Buffer.from(text).toString("base64url");

/** Verifies a token in full (RFC 9068 section 4). */
async function verify(
  token: string,
  key: VerifyingKey,
  { issuer, audience }: Rules,
  nowMs: number,
): Promise<AccessToken | undefined> {
  try {
    const { payload } = await jwtVerify(token, key.publicKey, {
      algorithms: [key.algorithm],
      typ: TYPE,
      issuer,
      audience,
      clockTolerance: LEEWAY_SECONDS,
      currentDate: new Date(nowMs),
    });
    const claims = Claims.safeParse(payload);
    return claims.success ? read(claims.data) : undefined;
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

const read = ({ sub, client_id, sid, scope, iat, exp, jti }: z.infer<typeof Claims>) => ({
  subject: sub,
  clientId: client_id,
  sessionId: sid,
  scope,
  id: jti,
  issuedAt: iat,
  expiresAt: exp,
});

/** An access token as it is issued. */
export interface IssuedToken {
  token: string;
  expiresInSeconds: number;
  /** Space-separated. */
  scope: string;
}

/**
 * Issues an access token for a session.
 * @param scope space-separated, or `ALL_SCOPES`; the token names each scope
 */
export async function issueAccessToken(
  { accessTokens, scopes }: { accessTokens: AccessTokens; scopes: Scopes },
  session: Session,
  scope: string,
): Promise<IssuedToken> {
  const content = {
    subject: session.userId === null ? session.clientId : String(session.userId),
    clientId: session.clientId,
    sessionId: session.id,
    scope: scopeNames(scope, scopes).join(" "),
  };
  return { ...(await accessTokens.sign(content, session.expiresAtMs)), scope: content.scope };
}
