/** tRPC, initialised once: the context, the two kinds of procedure, and how an error leaves. No procedures. */
import { initTRPC, type TRPCError } from "@trpc/server";
import { z } from "zod";
import type { Tegata } from "../../tegata.ts";
import type { Caller } from "../bearer.ts";
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
    const { reason, message, fields } = explain(error);
    const { code, httpStatus, path } = shape.data;
    return { ...shape, message, data: { code, httpStatus, path, reason, fields } };
  },
});

/** What is said of an error: only texts of our own, for tRPC's and the parsers' may repeat the input. */
function explain({ cause, code }: TRPCError): Pick<Refusal, "reason" | "message" | "fields"> {
  if (cause instanceof Refusal) return cause;
  if (cause instanceof z.ZodError) return Refusal.ofInput(cause);
  switch (code) {
    case "NOT_FOUND":
      return new Refusal("no_such_procedure");
    case "INTERNAL_SERVER_ERROR":
      return new Refusal("internal");
    default:
      return new Refusal("bad_request", `the request is not one of this service (${code})`);
  }
}

export const { router } = t;

/** A procedure for everyone. */
export const anyone = t.procedure;

/** A procedure for users who are logged in; `ctx.user` is read fresh for this request. */
export const signedIn = t.procedure.use(({ ctx: { caller }, next }) => {
  switch (caller.is) {
    case "user":
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
