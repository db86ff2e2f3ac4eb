/** The web origins whose pages may call the service from a browser (CORS): those of `CORS_ORIGINS`, and those of clients. */
import { SECOND_MS } from "../durations.ts";
import type { Tegata } from "../tegata.ts";
import { webOriginOf } from "./redirect-uris.ts";

/** How long the origins of clients are kept in memory. A client that is added or removed takes effect within this time. */
const KEPT_MS = 10 * SECOND_MS;

/** Tells which web origins may call. */
export interface WebOrigins {
  /** @param origin as a browser sends it. While the database is not available, what was read last counts. */
  allows(origin: string): Promise<boolean>;
}

/**
 * A page that is a public client exchanges its code itself, so the origins of the redirect URIs of public clients may call,
 * without a setting. Only origins of clients are kept in memory, and callers cannot make it read more often.
 */
export function openWebOrigins({
  db,
  settings,
  now,
  log,
}: Pick<Tegata, "db" | "settings" | "now" | "log">): WebOrigins {
  const own = new URL(settings.issuer).origin;
  let ofClients: Promise<ReadonlySet<string>> = Promise.resolve(new Set());
  let readAtMs = Number.NEGATIVE_INFINITY;

  async function read(before: Promise<ReadonlySet<string>>): Promise<ReadonlySet<string>> {
    try {
      const uris = (await db.clients.listPublicRedirectUris()).flatMap((uris) => uris.split(" "));
      return new Set(uris.map(webOriginOf).filter((origin) => origin !== undefined));
    } catch (err) {
      log.error({ err }, "could not read the redirect URIs of the clients");
      return before;
    }
  }

  return {
    async allows(origin) {
      if (settings.corsOrigins.includes(origin)) return true;
      const wanted = isOrigin(origin) && origin !== own ? webOriginOf(origin) : undefined;
      if (wanted === undefined) return false;
      // The clock may have been set back.
      if (Math.abs(now() - readAtMs) >= KEPT_MS) {
        readAtMs = now();
        ofClients = read(ofClients);
      }
      return (await ofClients).has(wanted);
    },
  };
}

const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text;
