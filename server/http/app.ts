/** Every URL of the service: the table of contents. */
import type { RequestListener } from "node:http";
import type { AnyTRPCRouter } from "@trpc/server";
import express, { type Express } from "express";
import type { Tegata } from "../tegata.ts";
import { receiveBody } from "./edge/body.ts";
import type { Direct } from "./edge/direct.ts";
import { forwardedWarning } from "./edge/forwarded.ts";
import { headers } from "./edge/headers.ts";
import type { Observer } from "./edge/received.ts";
import { requestIdHeader, requestLog } from "./edge/request-log.ts";
import { findAsset } from "./edge/web.ts";
import { fastPath } from "./fast/fast.ts";
import { fastapiDocument } from "./fastapi/openapi.ts";
import { fastapiRoutes } from "./fastapi/router.ts";
import { forwardAuthEndpoint } from "./forward-auth.ts";
import { authorizationEndpoint } from "./login/authorize.ts";
import { logoutEndpoint } from "./login/logout.ts";
import { countRequests } from "./metrics.ts";
import { oauthFormat } from "./oauth/error.ts";
import { allowedGrants } from "./oauth/grants/index.ts";
import { introspectionEndpoint } from "./oauth/introspect.ts";
import {
  changePasswordEndpoint,
  keysEndpoint,
  metadataEndpoint,
  metadataPaths,
  PATHS,
} from "./oauth/metadata.ts";
import { oauthDocument } from "./oauth/openapi.ts";
import { revocationEndpoint } from "./oauth/revoke.ts";
import { tokenEndpoint } from "./oauth/token.ts";
import { userinfoEndpoint } from "./oauth/userinfo.ts";
import { openapiEndpoint } from "./openapi.ts";
import { pageRoutes, swaggerUi } from "./pages.ts";
import { problemFormat } from "./problem.ts";
import { readinessEndpoint } from "./readiness.ts";
import { restDocument } from "./rest/openapi.ts";
import { restRoutes } from "./rest/router.ts";
import { type Handler, routes } from "./route.ts";
import { templatesOf } from "./templates.ts";
import { isTraced, traceRequests } from "./tracing.ts";
import { trpcAdapter } from "./trpc/adapter.ts";
import { appRouter } from "./trpc/router.ts";

/** The service; it does not listen yet. */
export interface App {
  serve: RequestListener;
  /** Answers some requests of {@link serve}, too. */
  direct: Direct;
}

/** Makes the service. */
export function createApp(tegata: Tegata, router: AnyTRPCRouter = appRouter): App {
  const { log, metrics, settings } = tegata;
  const express = createExpress(tegata, router);
  const templateOf = templatesOf(express, router);
  const fast = fastPath(tegata, router, express);
  const answer = traceRequests(templateOf, fast.serve);
  const traced = isTraced();
  const warn = forwardedWarning(log, settings.trustProxy);
  const logRequest = requestLog(log, settings.trustProxy);
  const count = metrics && countRequests(metrics, templateOf);
  const observe: Observer = (req) => {
    const logEnd = logRequest(req);
    const countEnd = count?.(req);
    return (status) => {
      logEnd(status);
      countEnd?.(status);
    };
  };
  return {
    serve(req, res) {
      const end = observe(req);
      res.once("close", () => end(res.writableFinished ? res.statusCode : undefined));
      warn(req);
      answer(req, res);
    },
    direct(req) {
      // A span is made from a request and a response of Node.
      if (traced) return undefined;
      const end = observe(req);
      const response = fast.answer(req);
      if (!response) return undefined;
      warn(req);
      return { response, end };
    },
  };
}

/** All of it as an Express application; {@link createApp} answers some of it before. */
export function createExpress(tegata: Tegata, router: AnyTRPCRouter = appRouter): Express {
  const { settings, log } = tegata;
  const app = express();
  app.disable("x-powered-by");
  app.set("strict routing", true);
  app.set("case sensitive routing", true);
  app.set("etag", false);

  app.use(requestIdHeader);
  app.use(receiveBody);
  // Browsers navigate to these; no script of another origin may call them (RFC 9700 section 2.6).
  app.use(headers(tegata, [PATHS.authorization, PATHS.logout]));

  const { route, mount, end } = routes(app, log);
  mount("/trpc", ["GET", "POST"], trpcAdapter(tegata, router), problemFormat);

  route(PATHS.authorization, authorizationEndpoint(tegata), problemFormat);
  route(PATHS.logout, logoutEndpoint(tegata), problemFormat);
  route(PATHS.token, { POST: tokenEndpoint(tegata) }, oauthFormat);
  route(PATHS.revocation, { POST: revocationEndpoint(tegata) }, oauthFormat);
  route(PATHS.introspection, { POST: introspectionEndpoint(tegata) }, oauthFormat);
  route(PATHS.userinfo, userinfoEndpoint(tegata), problemFormat);
  route(metadataPaths(tegata), { GET: metadataEndpoint(tegata) }, problemFormat);
  route(PATHS.keys, { GET: keysEndpoint(tegata) }, problemFormat);
  route(PATHS.changePassword, { GET: changePasswordEndpoint(tegata) }, problemFormat);

  const verify = forwardAuthEndpoint(tegata);
  route("/auth/verify", { GET: verify, POST: verify }, problemFormat);

  // Before the REST paths: if both have the same path, the one of the FastAPI systems is used.
  if (settings.fastapiPaths) fastapiRoutes(tegata, route);
  restRoutes(tegata, router, route);

  const documents = () => [
    restDocument(router),
    oauthDocument(allowedGrants(settings)),
    ...(settings.fastapiPaths ? [fastapiDocument(settings)] : []),
  ];
  route("/openapi.json", { GET: openapiEndpoint(documents, tegata) }, problemFormat);
  swaggerUi(route);
  pageRoutes(tegata, route);
  const noAsset = problemFormat.refuse({ status: 404 });
  const asset: Handler = ({ params }) => findAsset(String(params["name"])) ?? noAsset;
  route("/assets/:name", { GET: asset }, problemFormat);
  route("/healthz", { GET: () => ({ body: { status: "ok" } }) }, problemFormat);
  route("/readyz", { GET: readinessEndpoint(tegata) }, problemFormat);

  end(problemFormat);
  return app;
}
