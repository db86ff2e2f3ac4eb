/** What clients and resource servers need to know: the metadata (RFC 8414) and the keys (RFC 7517). */
import type { Tegata } from "../../tegata.ts";
import type { Handler, Reply } from "../route.ts";
import { SECRET_METHODS } from "./client-auth.ts";
import { allowedGrants } from "./grants/index.ts";

/** The paths of the OAuth endpoints, relative to the issuer. */
export const PATHS = {
  authorization: "/authorize",
  token: "/token",
  revocation: "/revoke",
  introspection: "/introspect",
  metadata: "/.well-known/oauth-authorization-server",
  /** Where clients of OpenID Connect Discovery look. */
  openidMetadata: "/.well-known/openid-configuration",
  keys: "/.well-known/jwks.json",
  changePassword: "/.well-known/change-password",
};

/** The path of the issuer, without a slash at its end; empty when it has none. */
const pathOf = (issuer: string) => new URL(issuer).pathname.replace(/\/$/, "");

/**
 * Where the metadata is served: the path of the issuer follows the well-known part (RFC 8414 section 3.1). Clients that
 * know only OpenID Connect find it too (section 5), without any claim of OpenID in it.
 */
export function metadataPaths({ settings }: Tegata): string[] {
  const path = pathOf(settings.issuer);
  const names = [PATHS.metadata, PATHS.openidMetadata];
  return [...new Set(names.flatMap((name) => [name, name + path]))];
}

/**
 * Redirects a browser to the page where the user can change the password (W3C, A Well-Known URL for Changing
 * Passwords). Password managers ask at the root of the origin, also when the issuer has a path.
 */
export const changePasswordEndpoint =
  ({ settings }: Tegata): Handler =>
  () => ({ redirect: `${pathOf(settings.issuer)}/` });

/** The metadata of this authorization server (RFC 8414 section 2). */
export function metadataEndpoint({ settings, scopes }: Tegata): Handler {
  const base = settings.issuer.replace(/\/$/, "");
  return () =>
    publish(3600, {
      issuer: settings.issuer,
      authorization_endpoint: base + PATHS.authorization,
      authorization_response_iss_parameter_supported: true,
      code_challenge_methods_supported: ["S256"],
      token_endpoint: base + PATHS.token,
      token_endpoint_auth_methods_supported: ["none", ...SECRET_METHODS],
      revocation_endpoint: base + PATHS.revocation,
      revocation_endpoint_auth_methods_supported: ["none", ...SECRET_METHODS],
      introspection_endpoint: base + PATHS.introspection,
      introspection_endpoint_auth_methods_supported: SECRET_METHODS,
      jwks_uri: base + PATHS.keys,
      grant_types_supported: [...allowedGrants(settings).keys()],
      scopes_supported: Object.keys(scopes),
      response_types_supported: ["code"],
      response_modes_supported: ["query"],
    });
}

/** The public keys that verify access tokens, and then those that verify ID tokens (RFC 7517 section 5). */
export const keysEndpoint =
  ({ keys }: Tegata): Handler =>
  async () => {
    const { verifying } = await keys.identity();
    // A key for both is listed once.
    const all = new Map([...keys.verifying, ...verifying]);
    return publish(300, { keys: [...all.values()].map(({ jwk }) => jwk) });
  };

/** A document that anyone may read, and cache for this long. */
const publish = (maxAgeSeconds: number, body: object): Reply => ({
  headers: {
    "Cache-Control": `public, max-age=${maxAgeSeconds}`,
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
  },
  body,
});
