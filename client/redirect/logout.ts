/** Logging out on the page of the server (OpenID Connect RP-Initiated Logout 1.0). */
import type { Session } from "../session.ts";
import { leaveFor, ofThisOrigin, page } from "./page.ts";
import { randomText } from "./pkce.ts";

/** How a logout goes on. */
export interface RedirectLogout {
  /** The page to show after it: a URL of this origin. By default, the one at `redirectUri`. */
  returnTo?: string;
}

/** What several clients of a page share. */
export interface SharedLogout {
  /** Where the logout of this page goes: a second call has no ID token any more. */
  url?: string;
}

/** In `sessionStorage`: for each logout, the page to show after it. */
const keyOf = (state: string) => `tegata.logout.${state}`;

/**
 * @param server `url` of the server, `clientId` and `redirectUri` of the client
 * @returns the two halves of a logout: leaving the page, and coming back to it
 */
export function redirectLogout({
  url,
  clientId,
  redirectUri,
  session,
  shared,
}: {
  url: string;
  clientId: string;
  redirectUri: () => string;
  session: Session;
  shared: SharedLogout;
}) {
  return {
    async logoutWithRedirect({ returnTo }: RedirectLogout = {}): Promise<never> {
      const tokens = session.tokens();
      if (tokens || shared.url === undefined) {
        const state = randomText();
        page().sessionStorage.setItem(keyOf(state), ofThisOrigin(returnTo ?? redirectUri()));
        const request = new URLSearchParams({
          client_id: clientId,
          post_logout_redirect_uri: redirectUri(),
          state,
          ...(tokens?.idToken !== undefined && { id_token_hint: tokens.idToken }),
        });
        shared.url = `${url}/logout?${request}`;
      }
      const to = shared.url;
      // A server that cannot be notified cannot be reached: the browser says so.
      await session.logout().catch(() => undefined);
      return leaveFor(to);
    },

    /** Removes the response from the URL. It is only a `state`, and a page can have one of its own. */
    finishLogout(): void {
      const { location, history } = page();
      const state = new URL(location.href).searchParams.get("state");
      if (state === null) return;
      // Where the user has blocked site data, reading it throws.
      const { sessionStorage } = page();
      const key = keyOf(state);
      const returnTo = sessionStorage.getItem(key);
      if (returnTo === null) return;
      sessionStorage.removeItem(key);
      history.replaceState(null, "", returnTo);
    },
  };
}
