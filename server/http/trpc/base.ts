/** tRPC, initialized once: the context, what a procedure declares, the kinds of procedure, and how an error is sent. */
import { initTRPC } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";
import { isOwnClient } from "../../clients/own-clients.ts";
import type { Requester } from "../../requester.ts";
import type { Tegata } from "../../tegata.ts";
import type { OwnScope, Scope } from "../../tokens/scopes.ts";
import type { Caller } from "../bearer.ts";
import type { BrowserCookie } from "../login/cookie.ts";
import { admit, type Reason, Refusal } from "../refusal.ts";

/** The context of a procedure. */
export interface Context {
  /** @internal */
  tegata: Tegata;
  /** @internal */
  caller: Caller;
  requester: Requester;
  /**
   * The cookie of the browser; only if a page of this service sends the request by tRPC.
   * @internal
   */
  cookie?: BrowserCookie | undefined;
}

/** What a procedure declares about itself, for the REST paths and the OpenAPI document. */
export interface Meta {
  /** The method and path in REST, with `{name}` for a field of the input. Not in REST when omitted. */
  rest?: `${"GET" | "POST" | "PUT" | "DELETE"} /api/${string}`;
  /** One line for the documentation. */
  summary?: string;
  /** In REST, the member of the JSON object that has the output, if the output is not an object or an array itself. */
  as?: string;
  /** The reasons for which it refuses, beside a bad input and a bad token. */
  refusals?: readonly Reason[];
  /** The scope that the access token needs; `signedIn` sets it. */
  scope?: Scope | OwnScope;
  /** Whether only applications of the operator may call it; `inOwnApp` sets it. */
  inOwnApp?: true;
  /** Whether the answer depends on the caller although anyone may ask. */
  readsToken?: true;
}

const t = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({
    // The default follows NODE_ENV and sends the stack.
    isDev: false,
    errorFormatter({ shape, error, type }) {
      const { path } = shape.data;
      // A procedure that throws NOT_FOUND has a type.
      const isNoProcedure = type === "unknown" && error.code === "NOT_FOUND";
      const refusal = isNoProcedure ? new Refusal("no_such_procedure") : Refusal.of(error);
      const { code, reason, message, fields, retryAfterSeconds } = refusal;
      const httpStatus = getHTTPStatusCodeFromError(refusal);
      // A streamed response sends its headers too early for a Retry-After.
      const data = { code, httpStatus, path, reason, fields, retryAfterSeconds };
      return { message, code: TRPC_ERROR_CODES_BY_KEY[code], data };
    },
  });

export const { router, mergeRouters } = t;

/** A procedure for everyone. */
export const anyone = t.procedure;

/** A procedure for users with an access token that has this scope; `ctx.user` is read fresh for each request. */
export const signedIn = (scope: Scope | OwnScope) =>
  t.procedure.meta({ scope }).use(({ ctx: { caller }, next }) => {
    const admitted = admit(caller, [scope]);
    if (admitted instanceof Refusal) throw admitted;
    const { user, sessionId, sessionIds, clientId } = admitted;
    return next({ ctx: { user, sessionId, sessionIds, clientId } });
  });

/**
 * A procedure for users to manage their account, in an application of the operator. An application of somebody else with
 * the scope `me` may read who the user is, but not what else is in the account, and it changes nothing.
 */
export const inOwnApp = signedIn("me")
  .meta({ inOwnApp: true })
  .use(async ({ ctx: { tegata, clientId }, next }) => {
    if (!(await isOwnClient(tegata, clientId))) throw new Refusal("foreign_app");
    return next();
  });

/** A procedure for the pages of this service: nothing else gets the cookie of a browser that is logged in. */
export const atLogin = t.procedure.use(({ ctx: { cookie }, next }) => {
  if (!cookie) throw new Refusal("wrong_origin");
  return next({ ctx: { cookie } });
});
