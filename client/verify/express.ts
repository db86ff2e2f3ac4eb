/** Express middleware that requires a Tegata access token. It works with any `(req, res, next)` framework. */
import {
  type AccessClaims,
  authorize,
  type BearerRequest,
  type Requirements,
  type Verifier,
} from "./core.ts";

/** The part of Node's response that the middleware writes to. */
export interface ProblemResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(text: string): unknown;
}

const verified = new WeakMap<object, AccessClaims>();

/**
 * Responds with 401 unless the request has a valid token, and with 403 if the token lacks the required scope. If the
 * token cannot be checked, the error is passed to `next`. Read the claims with {@link claimsOf}.
 *
 * Require a scope that names your service. Users may let applications of others have `me` and `items`: if you require one of
 * these, compare `clientId` too.
 * @example
 * const verifier = createVerifier({ issuer: "https://login.example.com" });
 * app.get("/orders", expressAuth(verifier, { scope: "orders:read" }), (req, res) => {
 *   res.json(ordersOf(claimsOf(req).userId));
 * });
 */
export function expressAuth(verifier: Verifier, requirements?: Requirements) {
  return (req: BearerRequest, res: ProblemResponse, next: (error?: unknown) => void): void => {
    authorize(verifier, req, requirements).then((result) => {
      if (result.is === "granted") {
        verified.set(req, result.claims);
        return next();
      }
      const { status, title, challenge } = result;
      res.statusCode = status;
      res.setHeader("WWW-Authenticate", challenge);
      res.setHeader("Content-Type", "application/problem+json");
      res.end(JSON.stringify({ title, status }));
    }, next);
  };
}

/**
 * The claims of the token that {@link expressAuth} has verified for this request.
 * @throws if no `expressAuth` ran before this handler, which is a mistake in the routes
 */
export function claimsOf(req: object): AccessClaims {
  const claims = verified.get(req);
  if (!claims) throw new Error("add expressAuth() before this handler: the request has no claims");
  return claims;
}
