/** The authorization endpoint, `/authorize` (RFC 6749 section 3.1). */
import { findBrowser } from "../../accounts/browser.ts";
import type { Tegata } from "../../tegata.ts";
import { page } from "../pages.ts";
import type { Handlers, Reply } from "../route.ts";
import { errorUrl, grantCode, missingFor } from "./authorization.ts";
import { sentCookie } from "./cookie.ts";
import { readAuthorizationRequest } from "./request.ts";
import { goByGet, isAhead, rawQueryOf } from "./visit.ts";

/**
 * No cache keeps a code. An application may open the page in a window of its own and wait for that, but the policy that
 * helmet sets would separate the two: it counts in redirects, too.
 */
const HEADERS = { "Cache-Control": "no-store", "Cross-Origin-Opener-Policy": "unsafe-none" };

/** Sends a browser back to the client with a code, or shows the page that asks for what is missing. */
export function authorizationEndpoint(tegata: Tegata): Handlers {
  const show = page(tegata, "index.html", HEADERS);
  const goTo = (redirect: string): Reply => ({ redirect, headers: HEADERS });

  return {
    async GET(req): Promise<Reply> {
      // 1. Read the request. If the redirect URI is not the client's, the page tells the person (section 4.1.2.1).
      const read = await readAuthorizationRequest(tegata, rawQueryOf(req));
      if (read.is === "unproved") return { ...show(), status: 400 };
      if (read.is === "refused") return goTo(errorUrl(tegata, read.to, read));
      const { request } = read;

      // 2. Find out who is logged in, and what is missing.
      const browser = await findBrowser(tegata, sentCookie(tegata.settings, req));
      if (!browser || (await missingFor(tegata, request, browser))) return show();

      // 3. Nothing is. A browser that only looks ahead gets no code.
      if (isAhead(req)) return show();
      const granted = await grantCode(tegata, request, browser);
      switch (granted.is) {
        case "granted":
          return goTo(granted.to);
        case "logged_out":
          return show();
        case "throttled": {
          const description = "too many applications were opened at once";
          return goTo(errorUrl(tegata, request, { error: "temporarily_unavailable", description }));
        }
      }
    },

    POST: (req) => goByGet(req) ?? { ...show(), status: 400 },
  };
}
