/** What clients and resource servers need to know: the metadata (RFC 8414) and the keys (RFC 7517). */
import { type Response, Router } from "express";
import type { Tegata } from "../../tegata.ts";
import { SECRET_METHODS } from "./client.ts";
import { PATHS } from "./endpoint.ts";
import { GRANTS } from "./grants/index.ts";
import { SCOPES } from "./scope.ts";

const METADATA_PATH = "/.well-known/oauth-authorization-server";
const JWKS_PATH = "/.well-known/jwks.json";

/** Serves both, for everybody to read and to keep for a while. */
export function metadata({ settings, keys }: Tegata): Router {
  const { pathname } = new URL(settings.issuer);
  const base = settings.issuer.replace(/\/$/, "");
  const router = Router();

  // The path of the issuer comes after the well-known part (RFC 8414 section 3.1).
  router.get([METADATA_PATH, METADATA_PATH + pathname.replace(/\/$/, "")], (_req, res) => {
    publish(res, 3600, {
      issuer: settings.issuer,
      token_endpoint: base + PATHS.token,
      token_endpoint_auth_methods_supported: ["none", ...SECRET_METHODS],
      revocation_endpoint: base + PATHS.revocation,
      revocation_endpoint_auth_methods_supported: ["none", ...SECRET_METHODS],
      introspection_endpoint: base + PATHS.introspection,
      introspection_endpoint_auth_methods_supported: SECRET_METHODS,
      jwks_uri: base + JWKS_PATH,
      grant_types_supported: [...GRANTS.keys()],
      scopes_supported: Object.keys(SCOPES),
      // Required, and empty: there is no authorization endpoint.
      response_types_supported: [],
    });
  });

  router.get(JWKS_PATH, (_req, res) => {
    publish(res, 300, { keys: [...keys.verifying.values()].map(({ jwk }) => jwk) });
  });
  return router;
}

function publish(res: Response, maxAgeSeconds: number, body: object): void {
  res
    .set({
      "Cache-Control": `public, max-age=${maxAgeSeconds}`,
      "Access-Control-Allow-Origin": "*",
      "Cross-Origin-Resource-Policy": "cross-origin",
    })
    .json(body);
}
