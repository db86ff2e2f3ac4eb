/** tRPC, initialised once: the context, the two kinds of procedure, and how an error leaves. No procedures. */
import { initTRPC } from "@trpc/server";
import type { Tegata } from "../../tegata.ts";
import type { Caller } from "../bearer.ts";
import type { Scope } from "../oauth/scope.ts";
import { Refusal } from "./refusal.ts";

/** What a procedure works with. */
export interface Context {
  tegata: Tegata;
  caller: Caller;
}

const t = initTRPC.context<Context>().create({
  // Its default follows NODE_ENV and puts the stack into the answer.
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

/** A procedure for users who are logged in, with a token of that scope; `ctx.user` is read fresh for this request. */
export const signedIn = (scope: Scope) =>
  t.procedure.use(({ ctx: { caller }, next }) => {
    switch (caller.is) {
      case "user":
        if (!caller.scopes.includes(scope))
          throw new Refusal("insufficient_scope", undefined, { scope }).asTRPCError();
        return next({ ctx: { user: caller.user, sessionId: caller.sessionId } });
      case "inactive":
        throw new Refusal("inactive_user").asTRPCError();
      case "client":
        throw new Refusal("not_a_user").asTRPCError();
      case "refused":
        throw new Refusal("invalid_token").asTRPCError();
      case "anonymous":
        throw new Refusal("not_logged_in").asTRPCError();
    }
  });
