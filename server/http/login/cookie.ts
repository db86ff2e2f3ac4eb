/** The cookie of a browser that is logged in (RFC 6265). Only the procedures of the log-in page get it. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Settings } from "../../settings.ts";

/** The cookie of one request and its response. */
export interface BrowserCookie {
  /** See {@link sentCookie}. */
  readonly value: string | undefined;
  /** @param lifetimeSeconds undefined if it lasts until the browser is closed */
  set(value: string, lifetimeSeconds: number | undefined): void;
  clear(): void;
}

/**
 * Opens it. With https, its name makes sure that no other host and no plain http has set it (RFC 6265bis section 4.1.3).
 * It is Lax, not Strict: somebody who comes from another site to log in is sent here by a link.
 */
export function browserCookie(
  settings: Pick<Settings, "issuer">,
  req: IncomingMessage,
  res: ServerResponse,
): BrowserCookie {
  return {
    value: sentCookie(settings, req),
    set(value, lifetimeSeconds) {
      res.appendHeader("Set-Cookie", setCookie(settings, value, lifetimeSeconds));
    },
    clear() {
      res.appendHeader("Set-Cookie", clearedCookie(settings));
    },
  };
}

function setCookie(
  settings: Pick<Settings, "issuer">,
  value: string,
  lifetimeSeconds: number | undefined,
): string {
  const attributes = `Path=/; HttpOnly; SameSite=Lax${isHttps(settings) ? "; Secure" : ""}`;
  const life = lifetimeSeconds === undefined ? "" : `; Max-Age=${lifetimeSeconds}`;
  return `${nameOf(settings)}=${value}; ${attributes}${life}`;
}

/** The `Set-Cookie` that removes it. */
export const clearedCookie = (settings: Pick<Settings, "issuer">): string =>
  setCookie(settings, "", 0);

/** What the browser has sent in the cookie; undefined if it has sent nothing, or two cookies of that name. */
export function sentCookie(
  settings: Pick<Settings, "issuer">,
  { headers }: IncomingMessage,
): string | undefined {
  const name = nameOf(settings);
  const [value, ...others] = (headers.cookie ?? "")
    .split(/; */)
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  return others.length === 0 ? value : undefined;
}

const isHttps = ({ issuer }: Pick<Settings, "issuer">) => issuer.startsWith("https:");
const nameOf = (settings: Pick<Settings, "issuer">) =>
  isHttps(settings) ? "__Host-tegata" : "tegata";
