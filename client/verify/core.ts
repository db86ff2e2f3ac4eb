/** Verifies Tegata access tokens in your own services. It loads neither Express nor tRPC. */
import { errors, type JWTPayload, jwtVerify } from "jose";
import { remoteKeys } from "./keys.ts";

/** Which tokens to accept, and how to verify them. */
export interface VerifierOptions {
  /** The `ISSUER` of the Tegata server. A slash at its end makes no difference. */
  issuer: string;
  /** The `AUDIENCE` of the Tegata server, exactly. Defaults to the issuer, as on the server. */
  audience?: string;
  /** The URL of the public keys, if your service does not reach Tegata at the issuer URL. */
  jwksUri?: string;
  /**
   * Asks Tegata about every token instead of verifying signatures, so that a revoked session is rejected immediately
   * and not only when its access token expires. Requires a client with a secret.
   */
  introspection?: { clientId: string; clientSecret: string; url?: string };
}

/** The claims of a valid access token. */
export interface AccessClaims {
  /** The user id in decimal digits, or the client id if the client acts on its own behalf. */
  subject: string;
  /** Undefined if the client acts on its own behalf. */
  userId: number | undefined;
  /** The application that the token was issued to. Users can let any application have these scopes. */
  clientId: string;
  scopes: readonly string[];
  sessionId: string;
  /** Epoch seconds. */
  expiresAt: number;
}

/** Verifies access tokens. Create one with {@link createVerifier}. */
export interface Verifier {
  /**
   * @returns the claims, or undefined unless this is an access token from this issuer, for this audience, that is
   * valid now and has a scope beyond `openid`, `profile` and `email`
   * @throws if the token cannot be checked because Tegata is unreachable or returns an error
   */
  verifyAccessToken(token: string): Promise<AccessClaims | undefined>;
}

/** What a request needs in addition to a valid token. */
export interface Requirements {
  /**
   * The scope that the token must have. One that names your service, such as `orders:read`, has only a client that the
   * operator gave it; users may let applications of others have `me` and `items`.
   */
  scope?: string;
}

/** The part of Node's request that the verifier reads. */
export interface BearerRequest {
  headers: { authorization?: string | undefined };
  /** Alternating names and values. */
  rawHeaders: string[];
}

/** A request without a valid token: the HTTP status and the `WWW-Authenticate` header to respond with. */
export type Denial = { is: "denied"; status: 401 | 403; title: string; challenge: string };

type Verify = Verifier["verifyAccessToken"];

/** The algorithms that Tegata signs with. The token must not choose any other (RFC 8725 section 3.1). */
const ALGORITHMS = ["ES256", "RS256", "EdDSA"];
/** How far the clocks of two servers may differ, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 30;
/** How long to wait for a response from Tegata. */
const TIMEOUT_MS = 5_000;
/** Rejects strings that cannot be a JWT before any request is made. */
const JWT = /^[\w.-]{1,4096}$/;
/** The scopes that let a client learn who the user is, and nothing else (OpenID Connect Core section 5.4). */
const IDENTITY_SCOPES: readonly string[] = ["openid", "profile", "email"];

/**
 * Creates a verifier that checks access tokens against the public keys of Tegata or, with the option `introspection`,
 * by asking it.
 * @example
 * const verifier = createVerifier({ issuer: "https://login.example.com" });
 * const claims = await verifier.verifyAccessToken(token);
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const { introspection } = options;
  const verify = introspection ? byIntrospection(options, introspection) : bySignature(options);
  return { verifyAccessToken: async (token) => (JWT.test(token) ? verify(token) : undefined) };
}

function bySignature(options: VerifierOptions): Verify {
  const { issuers, audiences } = acceptedBy(options);
  const keys = remoteKeys(
    new URL(options.jwksUri ?? endpointOf(options, "/.well-known/jwks.json")),
  );
  const mismatch = mismatchWarning(options);
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: ALGORITHMS,
        typ: "at+jwt",
        issuer: issuers,
        audience: audiences,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
      });
      return readClaims(payload);
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
      // The signature has been verified by then, so the token is Tegata's.
      if (error instanceof errors.JWTClaimValidationFailed) mismatch(error.claim);
      return undefined;
    }
  };
}

/** RFC 7662. Responses are not cached, because a cached one could outlive the session. */
function byIntrospection(
  options: VerifierOptions,
  { clientId, clientSecret, url }: NonNullable<VerifierOptions["introspection"]>,
): Verify {
  const { issuers, audiences } = acceptedBy(options);
  const endpoint = url ?? endpointOf(options, "/introspect");
  const authorization = `Basic ${btoa(`${formEncode(clientId)}:${formEncode(clientSecret)}`)}`;
  const mismatch = mismatchWarning(options);
  return async (token) => {
    const response = await fetch(endpoint, {
      method: "POST",
      headers: { authorization },
      body: new URLSearchParams({ token, token_type_hint: "access_token" }),
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.status === 401)
      throw new Error(`${endpoint} responded with status 401: check the client id and its secret`);
    if (!response.ok) throw new Error(`${endpoint} responded with status ${response.status}`);
    const body = (await response.json()) as JWTPayload | null;
    if (typeof body?.["active"] !== "boolean")
      throw new Error(`${endpoint} responded without "active"`);
    // Refresh tokens are active too, but have neither an audience nor a token type.
    if (!body["active"] || body["token_type"] !== "Bearer") return undefined;
    if (!issuers.includes(String(body.iss))) return mismatch("iss");
    if (!audiences.includes(String(body.aud))) return mismatch("aud");
    return readClaims(body);
  };
}

const withoutSlash = (url: string) => url.replace(/\/$/, "");

const endpointOf = ({ issuer }: VerifierOptions, path: string) => withoutSlash(issuer) + path;

/**
 * The values of `iss` and `aud` to accept: the issuer with and without a slash at its end, because one is easily added
 * or lost when a URL is copied. Both name the same server, and its keys decide.
 */
function acceptedBy({ issuer, audience }: VerifierOptions) {
  const issuers = [withoutSlash(issuer), `${withoutSlash(issuer)}/`];
  return { issuers, audiences: audience === undefined ? issuers : [audience] };
}

/** Warns once: a verifier that is not set up for its server would reject every token without a reason. */
function mismatchWarning({ issuer, audience = issuer }: VerifierOptions) {
  const expected: Partial<Record<string, string>> = { iss: issuer, aud: audience };
  let isKnown = false;
  return (claim: string): undefined => {
    if (isKnown || expected[claim] === undefined) return undefined;
    isKnown = true;
    const setting = claim === "iss" ? "issuer" : "audience";
    console.warn(
      `tegata: rejected a token of your Tegata server because its ${setting} is not ${expected[claim]}. ` +
        `Set the option "${setting}" of createVerifier to the ${setting.toUpperCase()} of the server.`,
    );
    return undefined;
  };
}

/** Encodes the client id and secret for Basic authentication (RFC 6749 section 2.3.1). */
const formEncode = (text: string) => encodeURIComponent(text).replaceAll("%20", "+");

/**
 * @returns undefined if a claim is missing that every access token of Tegata has, or if the token is only for a login: any
 * application can get such a token for its users, and it must give no access to anything else
 */
function readClaims(payload: JWTPayload): AccessClaims | undefined {
  const { sub, exp, client_id: clientId, scope, sid } = payload;
  if (typeof sub !== "string" || typeof exp !== "number") return undefined;
  if (typeof clientId !== "string" || typeof scope !== "string" || typeof sid !== "string")
    return undefined;
  const scopes = scope.split(" ").filter((name) => name !== "");
  if (scopes.every((name) => IDENTITY_SCOPES.includes(name))) return undefined;
  return {
    subject: sub,
    userId: sub === clientId ? undefined : Number(sub),
    clientId,
    scopes,
    sessionId: sid,
    expiresAt: exp,
  };
}

/**
 * Decides whether a request may proceed. The building block of `expressAuth` and `trpcAuth`, and of a middleware for any
 * other framework on Node's `http` (it needs `rawHeaders`). The challenges are those of RFC 6750 section 3.1.
 * @throws if the token cannot be checked, as {@link Verifier.verifyAccessToken} does
 */
export async function authorize(
  verifier: Verifier,
  req: BearerRequest,
  { scope }: Requirements = {},
): Promise<{ is: "granted"; claims: AccessClaims } | Denial> {
  const unauthorized = { is: "denied", status: 401, title: "Unauthorized" } as const;
  const token = bearerToken(req);
  if (token === undefined) return { ...unauthorized, challenge: "Bearer" };
  const claims = await verifier.verifyAccessToken(token);
  if (!claims) return { ...unauthorized, challenge: 'Bearer error="invalid_token"' };
  if (scope === undefined || claims.scopes.includes(scope)) return { is: "granted", claims };
  const challenge = `Bearer error="insufficient_scope", scope="${scope}"`;
  return { is: "denied", status: 403, title: "Forbidden", challenge };
}

/** RFC 6750 section 2.1. @returns undefined if there is no token, and an invalid one if there are several headers */
function bearerToken({ headers, rawHeaders }: BearerRequest): string | undefined {
  const [, credentials] = headers.authorization?.match(/^bearer(?: +(.*))?$/i) ?? [];
  if (!credentials) return undefined;
  // Node keeps the first of several headers, but a proxy may keep the last and so check another token.
  const sent = rawHeaders.filter((name, i) => i % 2 === 0 && /^authorization$/i.test(name));
  return sent.length === 1 ? credentials : "";
}
