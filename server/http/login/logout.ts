/** The logout endpoint, `/logout` (OpenID Connect RP-Initiated Logout 1.0 section 2). */
import { findBrowser, hasOpened, logOutBrowser } from "../../accounts/browser.ts";
import type { Tegata } from "../../tegata.ts";
import { page } from "../pages.ts";
import { requesterOf } from "../requester.ts";
import type { Handlers, Reply } from "../route.ts";
import { clearedCookie, sentCookie } from "./cookie.ts";
import { readLogoutRequest } from "./logout-request.ts";
import { goByGet, isAhead, rawQueryOf, VISIT_HEADERS } from "./visit.ts";

/** Logs a browser out if the client has an ID token of this login; otherwise the page asks, because any site can link to it. */
export function logoutEndpoint(tegata: Tegata): Handlers {
  const show = page(tegata, "index.html", VISIT_HEADERS);

  return {
    async GET(req): Promise<Reply> {
      // 1. Read the request. The page says what is wrong with it.
      const read = await readLogoutRequest(tegata, rawQueryOf(req));
      if (read.is === "refused") return { ...show(), status: 400 };
      const { hint, to } = read.request;

      // 2. Without an ID token of this login, the page asks.
      if (!hint || isAhead(req)) return show();
      const browser = await findBrowser(tegata, sentCookie(tegata.settings, req));
      if (browser && !(await hasOpened(tegata, browser, hint.sessionId))) return show();

      // 3. Log out, unless nobody is logged in, and send the browser back.
      if (browser) await logOutBrowser(tegata, browser, requesterOf(req));
      const headers = {
        ...VISIT_HEADERS,
        ...(browser && { "Set-Cookie": clearedCookie(tegata.settings) }),
      };
      return to === undefined ? { ...show(), headers } : { redirect: to, headers };
    },

    POST: (req) => goByGet(req) ?? { ...show(), status: 400 },
  };
}
