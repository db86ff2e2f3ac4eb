/** Serves the rows of the REST mirror. */
import { Router } from "express";
import type { Tegata } from "../../tegata.ts";
import { identify } from "../bearer.ts";
import { jsonBody } from "../body.ts";
import { sendProblem } from "../problem.ts";
import { createCaller } from "../trpc/caller.ts";
import { ROWS } from "./routes.ts";

/** The mirror. What a row refuses is thrown, and answered as a problem. */
export function restMirror(tegata: Tegata): Router {
  const router = Router({ caseSensitive: true, strict: true });
  for (const { method, path, call } of ROWS) {
    router[method](expressPath(path), jsonBody, async (req, res) => {
      const api = createCaller({ tegata, caller: await identify(tegata, req) });
      const query = Object.fromEntries(new URLSearchParams(req.url.split("?")[1]));
      const answer = await call(api, { body: req.body, params: req.params, query });
      res.set("Cache-Control", "no-store").json(answer);
    });
  }
  for (const path of new Set(ROWS.map((row) => row.path))) {
    const methods = ROWS.filter((row) => row.path === path).map(({ method }) =>
      method.toUpperCase(),
    );
    router.all(expressPath(path), (_req, res) => {
      res.set("Allow", methods.join(", "));
      sendProblem(res, 405);
    });
  }
  return router;
}

/** `{name}` is `:name` to Express. */
const expressPath = (path: string) => path.replace(/\{(\w+)\}/g, ":$1");
