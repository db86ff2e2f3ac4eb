/** The procedure of the page at `/logout`. A click there logs out by `login.leave`. */
import { findBrowser } from "../../accounts/browser.ts";
import { readLogoutRequest } from "../login/logout-request.ts";
import { atLogin, router } from "./base.ts";
import { Logout, LogoutShown } from "./login-schemas.ts";

export const logoutRouter = router({
  /** Who is logged in, and where the browser goes after the logout. */
  show: atLogin
    .meta({ refusals: ["wrong_origin"] })
    .input(Logout)
    .output(LogoutShown)
    .mutation(async ({ ctx: { tegata, cookie }, input: { request } }) => {
      const read = await readLogoutRequest(tegata, request);
      const browser = await findBrowser(tegata, cookie.value);
      return {
        fault: read.is === "refused" ? read.fault : null,
        account: browser?.user ?? null,
        to: (read.is === "request" && read.request.to) || null,
      };
    }),
});
