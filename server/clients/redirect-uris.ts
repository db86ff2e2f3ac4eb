/** Redirect URIs, after a login or a logout: which ones a client may register, and which ones a request may then name. */
import { isLoopback } from "../loopback.ts";

/** The longest redirect URI, in characters: a code keeps it with a port, in 2,000 bytes. */
const MAX_LENGTH = 1900;

/** The hosts of the user's own machine, on which an app listens at a port that it gets at run time (RFC 8252 section 7.3). */
const LOOPBACK_HOSTS: readonly string[] = ["127.0.0.1", "[::1]", "localhost"];

/** Where Swagger UI wants its users sent back to, below the URL of the service. */
export const SWAGGER_REDIRECT = "/docs/oauth2-redirect";

/** The redirect URIs of the service's own pages. If it is on the user's machine, that has more names than the issuer. */
export function ownRedirectUris(issuer: string): string[] {
  const { protocol, hostname } = new URL(issuer);
  const isHere = protocol === "http:" && isLoopback(hostname);
  const others = isHere ? LOOPBACK_HOSTS.map((host) => `http://${host}`) : [];
  return [issuer.replace(/\/$/, ""), ...others].map((base) => base + SWAGGER_REDIRECT);
}

/**
 * Checks a redirect URI that is to be registered: an absolute URI without a fragment (RFC 6749 section 3.1.2) that leads to
 * a page on https, to the user's own machine, or to an app by a scheme of its own (RFC 8252 section 7.1).
 * @returns what is wrong with it; undefined if nothing is
 */
export function redirectUriError(uri: string): string | undefined {
  // The URIs of a client are stored with spaces between them.
  if (/\s/.test(uri) || !URL.canParse(uri)) return "must be an absolute URI";
  if (uri.length > MAX_LENGTH) return `must have at most ${MAX_LENGTH} characters`;
  const { href, protocol, hostname, username, password, hash } = new URL(uri);
  if (hash !== "" || uri.includes("#")) return "must not contain a fragment";
  if (username !== "" || password !== "") return "must not contain a user name or a password";
  if (uri.includes("*")) return "must not contain *: register each URI";
  // Another spelling would never match: requests name the URI as browsers write it.
  if (href !== uri && href !== `${uri}/`) return `must be written as browsers write it: ${href}`;
  if (protocol === "https:") return undefined;
  if (protocol === "http:")
    return LOOPBACK_HOSTS.includes(hostname) ? undefined : "must start with https://";
  return protocol.includes(".")
    ? undefined
    : "must have a scheme with a dot, such as com.example.app:/callback";
}

/**
 * Whether a request may name this redirect URI: it equals a registered one (RFC 9700 section 2.1). Only the port of a
 * loopback address may differ, and only for a public client, which is an app on the user's machine.
 */
export const isRegistered = (
  uri: string,
  { redirectUris, confidential }: { redirectUris: readonly string[]; confidential: boolean },
): boolean =>
  redirectUris.includes(uri) ||
  (!confidential &&
    URL.canParse(uri) &&
    redirectUris.some((one) => withoutPort(one) === withoutPort(uri)));

/**
 * The web origin of a page at a redirect URI. That of a loopback address has no port: any port may be used.
 * @returns undefined if no page can be there
 */
export function webOriginOf(uri: string): string | undefined {
  if (!URL.canParse(uri)) return undefined;
  const { origin, protocol, hostname } = new URL(uri);
  if (protocol === "https:") return origin;
  const isOnLoopback = protocol === "http:" && LOOPBACK_HOSTS.includes(hostname);
  return isOnLoopback ? `http://${hostname}` : undefined;
}

/** A loopback URI on http without its port. For any other URI, a symbol that equals nothing else. */
function withoutPort(uri: string): string | symbol {
  const host = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(:\d{1,5})?(?=[/?]|$)/.exec(uri);
  return host?.[1] === undefined ? Symbol(uri) : host[1] + uri.slice(host[0].length);
}
