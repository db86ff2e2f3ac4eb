/** The procedures of the log-in page: the only ones that know which browser asks. */
import { z } from "zod";
import {
  type Browser,
  findBrowser,
  logInAtBrowser,
  logOutBrowser,
  openPageSession,
  sealPage,
} from "../../accounts/browser.ts";
import type { Tegata } from "../../tegata.ts";
import { issueAccessToken } from "../../tokens/access.ts";
import { issueRefreshToken } from "../../tokens/refresh.ts";
import { giveCookie } from "../login/give-cookie.ts";
import { Refusal } from "../refusal.ts";
import { authorizationRouter } from "./authorization.ts";
import { atLogin, router } from "./base.ts";
import { PageTokens, PasswordLogin, Shown, Ticket } from "./login-schemas.ts";
import { logoutRouter } from "./logout.ts";
import { passwordRefusal } from "./password-refusal.ts";

/** What the page shows to a browser. */
function shown(tegata: Tegata, browser: Browser | undefined): z.input<typeof Shown> {
  const ticket = sealPage(tegata, browser);
  return browser ? { is: "logged_in", ticket, account: browser.user } : { is: "log_in", ticket };
}

export const loginRouter = router({
  /** What the log-in page shows. A mutation, because browsers name their origin in a POST only. */
  show: atLogin
    .meta({ refusals: ["wrong_origin"] })
    .output(Shown)
    .mutation(async ({ ctx: { tegata, cookie } }) =>
      shown(tegata, await findBrowser(tegata, cookie.value)),
    ),

  /** Logs the browser in, also as another account. With `remember`, it stays logged in when it is closed. */
  password: atLogin
    .meta({
      refusals: [
        "wrong_origin",
        "incorrect_login",
        "email_unverified",
        "stale_page",
        "too_many_attempts",
        "busy",
      ],
    })
    .input(PasswordLogin)
    .output(Shown)
    .mutation(async ({ ctx: { tegata, cookie, requester }, input }) => {
      const { ticket, remember, ...credentials } = input;
      const before = await findBrowser(tegata, cookie.value);
      const result = await logInAtBrowser(tegata, before, ticket, credentials, requester);
      switch (result.is) {
        case "logged_in": {
          const browser = { ...result, isKept: remember };
          giveCookie(tegata, cookie, browser);
          return shown(tegata, browser);
        }
        case "refused":
          throw new Refusal("incorrect_login");
        case "email_unverified":
        case "stale_page":
          throw new Refusal(result.is);
        default:
          throw passwordRefusal(result);
      }
    }),

  /** Gives a page of this service tokens for the account that it shows. They end with the login of the browser. */
  open: atLogin
    .meta({ refusals: ["wrong_origin", "stale_page", "too_many_attempts"] })
    .input(Ticket)
    .output(PageTokens)
    .mutation(async ({ ctx: { tegata, cookie, requester }, input: { ticket } }) => {
      const browser = await findBrowser(tegata, cookie.value);
      const opened = await openPageSession(tegata, browser, ticket, requester);
      if (opened.is === "stale_page") throw new Refusal(opened.is);
      if (opened.is === "throttled") throw new Refusal("too_many_attempts", opened);
      const { session } = opened;
      const [{ token, scope }, refreshToken] = await Promise.all([
        issueAccessToken(tegata, session, session.scope),
        issueRefreshToken(tegata, session),
      ]);
      return { browser: session.parentId, accessToken: token, refreshToken, scope };
    }),

  /** Logs the browser out, and with it everything that it has opened. Returns whether it was logged in. */
  leave: atLogin
    .meta({ refusals: ["wrong_origin"] })
    .output(z.boolean())
    .mutation(async ({ ctx: { tegata, cookie, requester } }) => {
      const browser = await findBrowser(tegata, cookie.value);
      cookie.clear();
      return browser !== undefined && logOutBrowser(tegata, browser, requester);
    }),

  authorization: authorizationRouter,
  logout: logoutRouter,
});
