/** Tells the requests of this service's own pages from those of others (CSRF). */
import type { IncomingHttpHeaders } from "node:http";
import { isLoopback } from "../../loopback.ts";
import type { Settings } from "../../settings.ts";
import type { Received } from "../edge/received.ts";

/**
 * Whether a page of this service sends the request: a POST of JSON, which no form can send, from the origin of the issuer.
 * Browsers name the origin in every POST, and no page can change it.
 */
export function isOwnPage(
  { method, headers }: Received,
  { issuer }: Pick<Settings, "issuer">,
): boolean {
  const isJson = /^application\/json *(;|$)/i.test(headers["content-type"] ?? "");
  if (method !== "POST" || !isJson) return false;
  const { protocol, hostname, origin } = new URL(issuer);
  return headers.origin === origin || (isLoopback(hostname) && isSelf(headers, protocol));
}

/**
 * Whether the origin is this machine, as the request reached it. A service here has more names than its issuer: localhost,
 * or the port of a container or a tunnel.
 */
function isSelf({ origin = "", host }: IncomingHttpHeaders, protocol: string): boolean {
  return (
    origin === `${protocol}//${host}` &&
    URL.canParse(origin) &&
    isLoopback(new URL(origin).hostname)
  );
}
