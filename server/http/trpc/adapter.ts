/** The procedures over HTTP: limits, the context, and the headers of a refusal. */
import { createExpressMiddleware } from "@trpc/server/adapters/express";
import type { NextFunction, Request, Response } from "express";
import type { Tegata } from "../../tegata.ts";
import { identify } from "../bearer.ts";
import { MAX_BODY_BYTES, requireUtf8 } from "../edge/body.ts";
import { Refusal, refusalHeaders } from "../refusal.ts";
import { appRouter } from "./router.ts";

/** Serves the procedures. No body parser may run before it: tRPC's own limit would not apply. */
export function trpcAdapter(tegata: Tegata) {
  const serve = createExpressMiddleware({
    router: appRouter,
    maxBodySize: MAX_BODY_BYTES,
    maxBatchSize: 10,
    createContext: async ({ req }) => ({ tegata, caller: await identify(tegata, req) }),
    responseMeta({ errors }) {
      // tRPC replaces the Vary header of CORS.
      return {
        headers: new Headers({ ...refusalHeaders(errors.map(Refusal.of)), Vary: "Origin" }),
      };
    },
    onError({ error, path }) {
      if (error.code === "INTERNAL_SERVER_ERROR")
        tegata.log.error({ err: error, path }, "a procedure failed");
    },
  });
  return (req: Request, res: Response, next: NextFunction): void => {
    requireUtf8(req);
    // A streamed response sends its headers before the first call is refused: it could not carry a challenge.
    delete req.headers["trpc-accept"];
    if (req.headers.accept?.includes("jsonl")) delete req.headers.accept;
    res.type("application/json");
    serve(req, res, next);
  };
}
