/** The procedures over HTTP: limits, the context, and the headers that a refusal must carry. */
import { createExpressMiddleware } from "@trpc/server/adapters/express";
import type { Tegata } from "../../tegata.ts";
import { challenge, identify } from "../bearer.ts";
import { Refusal } from "./refusal.ts";
import { appRouter } from "./router.ts";

/** Serves the procedures. No body parser may run before it: the limits below would not hold. */
export function trpcAdapter(tegata: Tegata) {
  return createExpressMiddleware({
    router: appRouter,
    maxBodySize: 16 * 1024,
    maxBatchSize: 10,
    createContext: async ({ req }) => ({ tegata, caller: await identify(tegata, req) }),
    responseMeta({ ctx, errors }) {
      const headers = new Headers({ "cache-control": "no-store" });
      if (errors.some(({ code }) => code === "UNAUTHORIZED"))
        headers.set("www-authenticate", challenge(ctx?.caller));
      for (const { cause } of errors)
        if (cause instanceof Refusal && cause.retryAfterSeconds !== undefined)
          headers.set("retry-after", String(cause.retryAfterSeconds));
      return { headers };
    },
    onError({ error, path }) {
      if (error.code === "INTERNAL_SERVER_ERROR")
        tegata.log.error({ err: error, path }, "a procedure failed");
    },
  });
}
