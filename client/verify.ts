/** For other services: whether an access token of a Tegata is good, and whose it is. */
import { TRPCError, type TRPCMiddlewareFunction } from "@trpc/server";
import { createRemoteJWKSet, errors, jwtVerify } from "jose";
import { z } from "zod";

/** Whose tokens to take, and how to check them. */
export interface VerifierOptions {
  /** The `ISSUER` of the Tegata, exact to the character. */
  issuer: string;
  /** Its `AUDIENCE`; the issuer when it has set none. */
  audience?: string;
  /** Where its keys are, when this service reaches it by another address than the issuer. */
  jwksUri?: string;
  /**
   * Asks the Tegata about each token in place of checking signatures: a session that has been ended is refused at once
   * and not only when its access token expires. It needs a client with a secret.
   */
  introspection?: { clientId: string; clientSecret: string; url?: string };
}

/** What a good access token says. */
export interface AccessClaims {
  /** The user's id in decimal digits, or the id of a client that acts for itself. */
  subject: string;
  /** Undefined for a client that acts for itself. */
  userId: number | undefined;
  clientId: string;
  scopes: readonly string[];
  sessionId: string;
  /** Epoch seconds. */
  expiresAt: number;
}

/** Checks access tokens; made by {@link createVerifier}. */
export interface Verifier {
  /**
   * @returns what the token says; undefined for whatever is not an access token of this issuer for this audience that
   * is good now
   * @throws when it cannot be known: the Tegata cannot be reached, or refuses to say
   */
  verifyAccessToken(token: string): Promise<AccessClaims | undefined>;
  /**
   * A middleware for Express and its like: answers 401 without a good token, 403 without the scope. The claims are then
   * had by {@link claimsOf}. What cannot be known is passed to `next` as an error.
   * @example app.get("/orders", verifier.express({ scope: "me" }), (req, res) => { verifier.claimsOf(req).userId; });
   */
  express(needed?: Needed): (req: BearerRequest, res: ChallengeResponse, next: Next) => void;
  /** @throws when the request has not passed the middleware: a mistake in the routes */
  claimsOf(req: object): AccessClaims;
  /**
   * A middleware for tRPC procedures whose context has Node's `req` and `res`; adds `ctx.claims`.
   * @example const procedure = t.procedure.use(verifier.trpc({ scope: "me" }));
   */
  trpc(
    needed?: Needed,
  ): TRPCMiddlewareFunction<NodeContext, object, object, { claims: AccessClaims }, unknown>;
}

/** What a request needs beside a good token. */
export type Needed = { scope?: string };

/** The part of Node's request that is needed here. */
export interface BearerRequest {
  headers: { authorization?: string | undefined };
  /** Names and values in turn. */
  rawHeaders: string[];
}

/** The part of Node's response that is needed here. */
export interface ChallengeResponse {
  statusCode: number;
  readonly headersSent: boolean;
  setHeader(name: string, value: string): unknown;
  end(text: string): unknown;
}

/** What a tRPC context must have: the Express and the standalone adapter give both to `createContext`. */
export interface NodeContext {
  req: BearerRequest;
  res: ChallengeResponse;
}

type Next = (error?: unknown) => void;
type Verify = Verifier["verifyAccessToken"];
type Refused = { is: "refused"; status: 401 | 403; title: string; challenge: string };
type Verdict = { is: "granted"; claims: AccessClaims } | Refused;

/** The algorithms that a Tegata signs with. A token does not get to choose another one (RFC 8725 section 3.1). */
const ALGORITHMS = ["ES256", "RS256", "EdDSA"];
/** How far the clocks of two services may be apart, in seconds. */
const LEEWAY_SECONDS = 30;
/** How long keys are used without looking again: as long as the Tegata allows. */
const KEYS_MAX_AGE_MS = 300_000;
/** How long to wait for an answer of the Tegata. */
const TIMEOUT_MS = 5_000;
/** What can be a token of ours: only that is worth a question. */
const JWT = /^[\w.-]{1,4096}$/;
/** What jose throws when it has no keys; everything else of its own is about the token. */
const OUTAGES: ReadonlySet<string> = new Set([
  errors.JOSEError.code,
  errors.JWKSTimeout.code,
  errors.JWKSInvalid.code,
]);

const Claims = z.object({
  sub: z.string(),
  client_id: z.string(),
  scope: z.string(),
  sid: z.string(),
  exp: z.number(),
});
const Introspection = z.looseObject({ active: z.boolean() });

/**
 * Checks access tokens by the public keys of the Tegata, or by asking it.
 * @example
 * const verifier = createVerifier({ issuer: "https://login.example.com" });
 * const claims = await verifier.verifyAccessToken(token);
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const check = options.introspection ? byAsking(options) : byKeys(options);
  const verifyAccessToken: Verify = async (token) => (JWT.test(token) ? check(token) : undefined);
  const known = new WeakMap<object, AccessClaims>();

  return {
    verifyAccessToken,

    express: (needed) => (req, res, next) => {
      judge(verifyAccessToken, req, needed).then((verdict) => {
        if (verdict.is === "refused") return refuse(res, verdict);
        known.set(req, verdict.claims);
        next();
      }, next);
    },

    claimsOf(req) {
      const claims = known.get(req);
      if (!claims) throw new Error("no verifier has run before this handler");
      return claims;
    },

    trpc:
      (needed) =>
      async ({ ctx: { req, res }, next }) => {
        const verdict = await judge(verifyAccessToken, req, needed);
        if (verdict.is === "granted") return next({ ctx: { claims: verdict.claims } });
        // A streamed answer has its headers before its procedures run.
        if (!res.headersSent) res.setHeader("WWW-Authenticate", verdict.challenge);
        const code = verdict.status === 401 ? "UNAUTHORIZED" : "FORBIDDEN";
        throw new TRPCError({ code, message: verdict.title });
      },
  };
}

/** By signature: the keys are fetched once, and again when they are old or a token names one that is not known. */
function byKeys({ issuer, audience = issuer, jwksUri }: VerifierOptions): Verify {
  const url = new URL(jwksUri ?? `${issuer.replace(/\/$/, "")}/.well-known/jwks.json`);
  const keys = createRemoteJWKSet(url, {
    cacheMaxAge: KEYS_MAX_AGE_MS,
    timeoutDuration: TIMEOUT_MS,
  });
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: ALGORITHMS,
        typ: "at+jwt",
        issuer,
        audience,
        clockTolerance: LEEWAY_SECONDS,
      });
      const claims = Claims.safeParse(payload);
      return claims.success ? read(claims.data) : undefined;
    } catch (cause) {
      if (cause instanceof errors.JOSEError && !OUTAGES.has(cause.code)) return undefined;
      throw new Error(`the keys at ${url} cannot be had`, { cause });
    }
  };
}

/** By introspection (RFC 7662). No answer is kept: it would outlive the session. */
function byAsking({ issuer, audience = issuer, introspection }: VerifierOptions): Verify {
  const { clientId = "", clientSecret = "", url } = introspection ?? {};
  const endpoint = url ?? `${issuer.replace(/\/$/, "")}/introspect`;
  const authorization = `Basic ${btoa(`${formEncode(clientId)}:${formEncode(clientSecret)}`)}`;
  // A refresh token has neither an audience nor a type.
  const Ours = Claims.extend({
    iss: z.literal(issuer),
    aud: z.literal(audience),
    token_type: z.literal("Bearer"),
  });
  return async (token) => {
    const response = await fetch(endpoint, {
      method: "POST",
      headers: { authorization },
      body: new URLSearchParams({ token, token_type_hint: "access_token" }),
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`${endpoint} answered ${response.status}`);
    const answer = Introspection.parse(await response.json());
    const claims = Ours.safeParse(answer);
    return answer.active && claims.success ? read(claims.data) : undefined;
  };
}

/** As RFC 6749 section 2.3.1 wants the two halves of Basic. */
const formEncode = (text: string) => encodeURIComponent(text).replaceAll("%20", "+");

function read({ sub, client_id, scope, sid, exp }: z.infer<typeof Claims>): AccessClaims {
  return {
    subject: sub,
    userId: sub === client_id ? undefined : Number(sub),
    clientId: client_id,
    scopes: scope.split(" "),
    sessionId: sid,
    expiresAt: exp,
  };
}

/** The errors of RFC 6750 section 3.1; none when no token came. */
async function judge(verify: Verify, req: BearerRequest, needed: Needed = {}): Promise<Verdict> {
  const refused = { is: "refused", status: 401, title: "Unauthorized" } as const;
  const token = bearerToken(req);
  if (token === undefined) return { ...refused, challenge: "Bearer" };
  const claims = await verify(token);
  if (!claims) return { ...refused, challenge: 'Bearer error="invalid_token"' };
  const { scope } = needed;
  if (scope === undefined || claims.scopes.includes(scope)) return { is: "granted", claims };
  const challenge = `Bearer error="insufficient_scope", scope="${scope}"`;
  return { ...refused, status: 403, title: "Forbidden", challenge };
}

/** What came as a token (RFC 6750 section 2.1); undefined when none came, empty when several did. */
function bearerToken({ headers, rawHeaders }: BearerRequest): string | undefined {
  const [, credentials] = headers.authorization?.match(/^bearer(?: +(.*))?$/i) ?? [];
  if (!credentials) return undefined;
  // Node keeps the first of several headers, a proxy may keep the last: whose token it is would be open.
  const sent = rawHeaders.filter((name, i) => i % 2 === 0 && /^authorization$/i.test(name));
  return sent.length === 1 ? credentials : "";
}

function refuse(res: ChallengeResponse, { status, title, challenge }: Refused): void {
  res.statusCode = status;
  res.setHeader("WWW-Authenticate", challenge);
  res.setHeader("Content-Type", "application/problem+json");
  res.end(JSON.stringify({ title, status }));
}
