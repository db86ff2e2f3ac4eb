/** The authorization endpoint, `/authorize` (RFC 6749 section 3.1). */
import { findBrowser } from "../../accounts/browser.ts";
import type { Tegata } from "../../tegata.ts";
import { page } from "../pages.ts";
import type { Handlers, Reply } from "../route.ts";
import { respond } from "./authorization.ts";
import { sentCookie } from "./cookie.ts";
import { readAuthorizationRequest } from "./request.ts";
import { errorUrl } from "./response.ts";
import { goByGet, isAhead, rawQueryOf, VISIT_HEADERS } from "./visit.ts";

/** Sends a browser back to the client with a code, or shows the page that asks for what is missing. */
export function authorizationEndpoint(tegata: Tegata): Handlers {
  const show = page(tegata, "index.html", VISIT_HEADERS);
  const goTo = (redirect: string): Reply => ({ redirect, headers: VISIT_HEADERS });

  return {
    async GET(req): Promise<Reply> {
      // 1. Read the request. If the redirect URI is not the client's, the page tells the person (section 4.1.2.1).
      const read = await readAuthorizationRequest(tegata, rawQueryOf(req));
      if (read.is === "unproved") return { ...show(), status: 400 };
      if (read.is === "refused") return goTo(errorUrl(tegata, read.to, read));

      // 2. A browser that fetches in advance gets the page: a code is issued only to somebody who is there.
      if (isAhead(req)) return show();

      // 3. Find out who is logged in, and go back to the client unless the page has something to ask.
      const { request } = read;
      const browser = await findBrowser(tegata, sentCookie(tegata.settings, req));
      const response = await respond(tegata, request, browser, undefined);
      switch (response.is) {
        case "done":
          return goTo(response.to);
        case "missing":
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
