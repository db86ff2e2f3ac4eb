/** The headers for browsers: what our pages may do, and which other origins may call the service. */
import type { IncomingMessage, ServerResponse } from "node:http";
import cors from "cors";
import helmet from "helmet";
import type { Settings } from "../../settings.ts";

/** Middleware that needs nothing of Express. */
type Middleware = (req: IncomingMessage, res: ServerResponse, next: () => void) => void;

/** Sets them on every response, and answers the preflights of the origins that are allowed. */
export function headers({ corsOrigins, issuer }: Settings): Middleware[] {
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
  if (corsOrigins.length === 0) return [security];
  const exposedHeaders = ["WWW-Authenticate", "Retry-After"];
  return [security, cors({ origin: [...corsOrigins], exposedHeaders, maxAge: 600 })];
}
