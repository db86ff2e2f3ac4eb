/** Every URL of the product: the table of contents. */
import express, { type Express } from "express";
import type { Tegata } from "../tegata.ts";
import { FASTAPI_DOCUMENTATION } from "./fastapi/openapi.ts";
import { fastapiPaths } from "./fastapi/routes.ts";
import { headers } from "./headers.ts";
import { introspectionEndpoint } from "./oauth/introspect.ts";
import { metadata } from "./oauth/metadata.ts";
import { revocationEndpoint } from "./oauth/revoke.ts";
import { tokenEndpoint } from "./oauth/token.ts";
import { notFound, problemHandler } from "./problem.ts";
import { requestLog } from "./request-log.ts";
import { openapi } from "./rest/openapi.ts";
import { restMirror } from "./rest/rest.ts";
import { trpcAdapter } from "./trpc/adapter.ts";
import { web } from "./web.ts";

/** The service as an Express application; it does not listen yet. */
export function createApp(tegata: Tegata): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("trust proxy", tegata.settings.trustProxy);
  app.set("strict routing", true);
  app.set("case sensitive routing", true);
  app.set("etag", false);

  app.use(requestLog(tegata.log));
  app.use(headers(tegata.settings));

  app.use("/trpc", trpcAdapter(tegata));
  app.use(tokenEndpoint(tegata));
  app.use(revocationEndpoint(tegata));
  app.use(introspectionEndpoint(tegata));
  app.use(metadata(tegata));
  const withFastapi = tegata.settings.fastapiPaths;
  if (withFastapi) app.use(fastapiPaths(tegata));
  app.use(restMirror(tegata));
  app.use(openapi(tegata, withFastapi ? FASTAPI_DOCUMENTATION : {}));
  app.use(web());
  app.get("/healthz", (_req, res) => void res.json({ status: "ok" }));

  app.use(notFound);
  app.use(problemHandler(tegata.log));
  return app;
}
