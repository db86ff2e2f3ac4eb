/** What clients and resource servers need to know: the metadata (RFC 8414, OpenID Connect Discovery) and the keys (RFC 7517). */
import type { Tegata } from "../../tegata.ts";
import { USER_CLAIMS } from "../../tokens/claims.ts";
import { IDENTITY_SCOPES } from "../../tokens/scopes.ts";
import type { Handler, Reply } from "../route.ts";
import { SECRET_METHODS } from "./client-auth.ts";
import { allowedGrants } from "./grants/index.ts";

/** The paths of the OAuth endpoints, relative to the issuer. */
export const PATHS = {
  authorization: "/authorize",
  token: "/token",
  revocation: "/revoke",
  introspection: "/introspect",
  userinfo: "/userinfo",
  logout: "/logout",
  metadata: "/.well-known/oauth-authorization-server",
  /** Where clients of OpenID Connect look (Discovery section 4). */
  openidMetadata: "/.well-known/openid-configuration",
  keys: "/.well-known/jwks.json",
  changePassword: "/.well-known/change-password",
};

/** The path of the issuer, without a slash at its end; empty when it has none. */
const pathOf = (issuer: string) => new URL(issuer).pathname.replace(/\/$/, "");

/**
 * Where the metadata is served: one document under both names. The path of the issuer follows the well-known part (RFC 8414
 * section 3.1), or comes before it (Discovery section 4), if the proxy does not remove it.
 */
export function metadataPaths({ settings }: Tegata): string[] {
  const path = pathOf(settings.issuer);
  const names = [PATHS.metadata, PATHS.openidMetadata];
  return [
    ...new Set([...names.flatMap((name) => [name, name + path]), path + PATHS.openidMetadata]),
  ];
}

/**
 * Redirects a browser to the page where the user can change the password (W3C, A Well-Known URL for Changing
 * Passwords). Password managers ask at the root of the origin, also when the issuer has a path.
 */
export const changePasswordEndpoint =
  ({ settings }: Tegata): Handler =>
  () => ({ redirect: `${pathOf(settings.issuer)}/` });

/** The claims of ID tokens that are not about the user. */
const LOGIN_CLAIMS = ["iss", "aud", "exp", "iat", "auth_time", "nonce", "sid", "amr"];

/** The metadata of this authorization server (RFC 8414 section 2, Discovery section 3). */
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
      scopes_supported: Object.keys({ ...scopes, ...IDENTITY_SCOPES }),
      response_types_supported: ["code"],
      response_modes_supported: ["query"],
      userinfo_endpoint: base + PATHS.userinfo,
      end_session_endpoint: base + PATHS.logout,
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
      claims_supported: [...USER_CLAIMS, ...LOGIN_CLAIMS],
      prompt_values_supported: ["none", "login", "consent", "select_account"],
      claims_parameter_supported: false,
      request_parameter_supported: false,
      // The default is true.
      request_uri_parameter_supported: false,
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
