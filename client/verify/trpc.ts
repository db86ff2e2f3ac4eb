/** tRPC middleware that requires a Tegata access token. */
import { TRPCError, type TRPCMiddlewareFunction } from "@trpc/server";
import {
  type AccessClaims,
  authorize,
  type BearerRequest,
  type Requirements,
  type Verifier,
} from "./core.ts";

/** What the tRPC context must contain. The Express and standalone adapters pass both to `createContext`. */
export interface NodeContext {
  req: BearerRequest;
  /** The part of Node's response that the middleware writes to. */
  res: { readonly headersSent: boolean; setHeader(name: string, value: string): unknown };
}

/**
 * Adds `ctx.claims` to procedures. They fail with `UNAUTHORIZED` unless the request has a valid token, and with
 * `FORBIDDEN` if the token lacks the required scope.
 *
 * Require a scope that names your service. Users may let applications of others have `me` and `items`: if you require one of
 * these, compare `clientId` too.
 * @example
 * const verifier = createVerifier({ issuer: "https://login.example.com" });
 * const protectedProcedure = t.procedure.use(trpcAuth(verifier, { scope: "orders:read" }));
 */
export function trpcAuth(
  verifier: Verifier,
  requirements?: Requirements,
): TRPCMiddlewareFunction<NodeContext, object, object, { claims: AccessClaims }, unknown> {
  return async ({ ctx: { req, res }, next }) => {
    const result = await authorize(verifier, req, requirements);
    if (result.is === "granted") return next({ ctx: { claims: result.claims } });
    // A streamed response sends its headers before its procedures run.
    if (!res.headersSent) res.setHeader("WWW-Authenticate", result.challenge);
    const code = result.status === 401 ? "UNAUTHORIZED" : "FORBIDDEN";
    throw new TRPCError({ code, message: result.title });
  };
}
