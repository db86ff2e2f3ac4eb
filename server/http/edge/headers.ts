/** The headers for browsers: what our pages may do, and which other origins may call the service. */
import type { IncomingMessage, ServerResponse } from "node:http";
import cors from "cors";
import helmet from "helmet";
import type { Settings } from "../../settings.ts";
import type { Tegata } from "../../tegata.ts";
import { pathOf } from "./url.ts";

/** Middleware that needs nothing of Express. */
export type Middleware = (req: IncomingMessage, res: ServerResponse, next: () => void) => void;

/** Sets the headers of every response. Which page may read it depends on the origin, so caches must know that. */
export function commonHeaders({ issuer }: Pick<Settings, "issuer">): Middleware {
  const security = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    xFrameOptions: { action: "deny" },
    strictTransportSecurity: issuer.startsWith("https:"),
  });
  return (req, res, next) => {
    // The application around this service may have set it, too.
    res.appendHeader("Vary", "Origin");
    security(req, res, next);
  };
}

/**
 * Lets the origin of a request read the response, and answers its preflights. A page of another origin cannot read a
 * response to a request with cookies.
 */
export const allowOrigin: Middleware = cors({
  origin: true,
  exposedHeaders: ["WWW-Authenticate", "Retry-After"],
  maxAge: 600,
});

/**
 * Sets the headers for browsers.
 * @param closed the paths that no page of another origin may call
 */
export function headers(
  { settings, webOrigins }: Pick<Tegata, "settings" | "webOrigins">,
  closed: readonly string[],
): Middleware[] {
  return [
    commonHeaders(settings),
    async (req, res, next) => {
      const { origin } = req.headers;
      const isOpen = origin !== undefined && !closed.includes(pathOf(req));
      if (isOpen && (await webOrigins.allows(origin))) allowOrigin(req, res, next);
      else next();
    },
  ];
}
