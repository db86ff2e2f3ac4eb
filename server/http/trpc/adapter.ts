/** The procedures over HTTP: limits, the context, and the headers that a refusal must carry. */
import { createExpressMiddleware } from "@trpc/server/adapters/express";
import type { NextFunction, Request, Response } from "express";
import type { Tegata } from "../../tegata.ts";
import { identify, refusalHeaders } from "../bearer.ts";
import { sendProblem } from "../problem.ts";
import { Refusal } from "./refusal.ts";
import { appRouter } from "./router.ts";

/** Serves the procedures. No body parser may run before it: the limits below would not hold. */
export function trpcAdapter(tegata: Tegata) {
  const serve = proceduresOf(tegata);
  return (req: Request, res: Response, next: NextFunction): void => {
    if (req.method !== "GET" && req.method !== "POST") {
      res.set("Allow", "GET, POST");
      sendProblem(res, 405);
      return;
    }
    // A streamed answer has sent its headers before the first call is refused: there is no challenge in it.
    delete req.headers["trpc-accept"];
    if (req.headers.accept?.includes("jsonl")) delete req.headers.accept;
    res.type("application/json");
    serve(req, res, next);
  };
}

function proceduresOf(tegata: Tegata) {
  return createExpressMiddleware({
    router: appRouter,
    maxBodySize: 16 * 1024,
    maxBatchSize: 10,
    createContext: async ({ req }) => ({ tegata, caller: await identify(tegata, req) }),
    responseMeta({ errors }) {
      // tRPC replaces the Vary that CORS has set.
      return {
        headers: new Headers({ ...refusalHeaders(errors.map(Refusal.of)), Vary: "Origin" }),
      };
    },
    onError({ error, path }) {
      if (error.code === "INTERNAL_SERVER_ERROR")
        tegata.log.error({ err: error, path }, "a procedure failed");
    },
  });
}
