/** tRPC, initialized once: the context, what a procedure declares, the two kinds of procedure, and how an error is sent. */
import { initTRPC } from "@trpc/server";
import type { Tegata } from "../../tegata.ts";
import type { Scope } from "../../tokens/scopes.ts";
import type { Caller } from "../bearer.ts";
import { type Reason, Refusal, requireUser } from "../refusal.ts";

/** What a procedure works with. */
export interface Context {
  tegata: Tegata;
  caller: Caller;
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
  scope?: Scope;
}

const t = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({
    // The default follows NODE_ENV and sends the stack.
    isDev: false,
    errorFormatter({ shape, error }) {
      const { reason, message, fields } = Refusal.of(error);
      const { code, httpStatus, path } = shape.data;
      return { ...shape, message, data: { code, httpStatus, path, reason, fields } };
    },
  });

export const { router, createCallerFactory } = t;

/** A procedure for everyone. */
export const anyone = t.procedure;

/** A procedure for users with an access token that has this scope; `ctx.user` is read fresh for each request. */
export const signedIn = (scope: Scope) =>
  t.procedure.meta({ scope }).use(({ ctx: { caller }, next }) => {
    const { user, sessionId } = requireUser(caller, [scope]);
    return next({ ctx: { user, sessionId } });
  });
