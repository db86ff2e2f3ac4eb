/** Logging in on the page of the server: authorization code (RFC 6749 section 4.1), PKCE (RFC 7636) and `iss` (RFC 9207). */
import { AuthError } from "../errors.ts";
import { baseUrl } from "../oauth.ts";
import type { Session } from "../session.ts";
import { type RedirectLogout, redirectLogout, type SharedLogout } from "./logout.ts";
import { leaveFor, ofThisOrigin, page } from "./page.ts";
import { challengeOf, randomText } from "./pkce.ts";

/** What a login by redirects needs. */
export interface RedirectOptions {
  /** The URL of the server. */
  url: string;
  /** The `ISSUER` of the server, if it is not `url`. */
  issuer?: string;
  /** The id of the client that was registered with the server. */
  clientId: string;
  /**
   * Where the server sends the user back to, registered with the client: as a redirect URI, and for `logoutWithRedirect()`
   * as a logout URI. By default, `/` of the page's origin.
   */
  redirectUri?: string;
  /**
   * What to ask for, space-separated. By default, all scopes of the client but those of OpenID Connect. With `openid`, a
   * user who logs out is not asked about it again.
   */
  scope?: string;
}

/** How a login begins. */
export interface RedirectLogin {
  /** The page to show after it: a URL of this origin. By default, the current one. */
  returnTo?: string;
  /** What the user is asked for although nothing is missing: the password, an agreement, or which account to use. */
  prompt?: "login" | "consent" | "select_account";
  /** What the server fills in as the name of the account, such as an email address. */
  loginHint?: string;
}

/** Logging in and out by redirects, and coming back. These methods need a browser. */
export interface Redirects {
  /**
   * Continues where the user left off: with the tokens in the store, or with the server's response in the URL, which is
   * then removed from it. Call it when the page starts. After `logoutWithRedirect()`, nobody is logged in. A response that
   * this client has not asked for is left alone, unless its `iss` (RFC 9207) is this server.
   * @returns whether the user is logged in
   * @throws {AuthError} if the login failed: with `login_refused` if the user has not agreed
   */
  resume(): Promise<boolean>;
  /**
   * Leaves for the page of the server. The promise never settles, because the page ends.
   * @throws {TypeError} on a page that has neither https nor a loopback address: browsers have no SHA-256 there
   */
  loginWithRedirect(login?: RedirectLogin): Promise<never>;
  /**
   * Ends the session, and leaves for the server, which logs the browser out with all applications in it and sends the user
   * back. Without the scope `openid`, it asks the user first. The promise never settles, because the page ends.
   */
  logoutWithRedirect(logout?: RedirectLogout): Promise<never>;
}

/** What a page keeps until the user comes back. */
interface Pending {
  /** Who has asked: the client and the server. A page may use several. */
  owner: string;
  verifier: string;
  returnTo: string;
}

/** In `sessionStorage`: an entry for each login, so that attempts and tabs do not mix. */
const keyOf = (state: string) => `tegata.login.${state}`;
/** In `sessionStorage`: a login has been started again by itself, which is done once. */
const restartedKeyOf = (owner: string) => `tegata.restarted.${owner}`;

/** What the clients of one owner share, because frameworks run effects twice and create clients twice. */
interface Shared {
  /** The response that is being used: the first client removes it from the URL, and the others wait for it. */
  finishing?: Promise<void> | undefined;
  logout: SharedLogout;
}
const sharedBy = new Map<string, Shared>();

/** @returns the ways to log in on the page of a server, and to store the tokens in a session */
export function redirects(options: RedirectOptions, session: Session): Redirects {
  const url = baseUrl(options.url);
  const { clientId, issuer = url } = options;
  const owner = `${clientId} ${url}`;
  const shared = sharedBy.get(owner) ?? { logout: {} };
  sharedBy.set(owner, shared);
  const redirectUri = () => options.redirectUri ?? `${page().location.origin}/`;
  const { logoutWithRedirect, finishLogout } = redirectLogout({
    url,
    clientId,
    redirectUri,
    session,
    shared: shared.logout,
  });

  async function loginWithRedirect(login: RedirectLogin = {}): Promise<never> {
    const { returnTo, prompt, loginHint } = login;
    const { location, sessionStorage } = page();
    const [state, verifier] = [randomText(), randomText()];
    const pending: Pending = { owner, verifier, returnTo: ofThisOrigin(returnTo ?? location.href) };
    const challenge = await challengeOf(verifier);
    sessionStorage.setItem(keyOf(state), JSON.stringify(pending));
    const request = new URLSearchParams({
      response_type: "code",
      client_id: clientId,
      redirect_uri: redirectUri(),
      state,
      code_challenge: challenge,
      code_challenge_method: "S256",
      ...(options.scope !== undefined && { scope: options.scope }),
      ...(prompt !== undefined && { prompt }),
      ...(loginHint !== undefined && { login_hint: loginHint }),
    });
    return leaveFor(`${url}/authorize?${request}`);
  }

  /** Whether a response is for this client: by who has asked for it or, if nobody in this tab has, by who sent it. */
  function isOwn(response: URLSearchParams): boolean {
    const pending = parse(page().sessionStorage.getItem(keyOf(response.get("state") ?? "")));
    return pending ? pending.owner === owner : response.get("iss") === issuer;
  }

  async function finish(response: URLSearchParams): Promise<void> {
    const { location, history, sessionStorage } = page();
    const key = keyOf(response.get("state") ?? "");
    const pending = parse(sessionStorage.getItem(key));
    sessionStorage.removeItem(key);
    history.replaceState(null, "", pending?.returnTo ?? withoutResponse(location.href));
    if (!pending) return session.tokens() ? undefined : restart();
    if (response.get("iss") !== issuer)
      throw new AuthError("unexpected_response", "the response is from another server");
    const error = response.get("error");
    if (error !== null)
      throw new AuthError("login_refused", response.get("error_description") ?? error);
    await session.exchange({
      grant_type: "authorization_code",
      code: response.get("code") ?? "",
      redirect_uri: redirectUri(),
      code_verifier: pending.verifier,
    });
    sessionStorage.removeItem(restartedKeyOf(owner));
  }

  /** Starts again, once, after a response that this tab has not asked for: an old link, or another tab's. */
  function restart(): Promise<never> {
    const { sessionStorage } = page();
    const key = restartedKeyOf(owner);
    const wasRestarted = sessionStorage.getItem(key) !== null;
    sessionStorage.removeItem(key);
    if (wasRestarted)
      throw new AuthError("unexpected_response", "the response belongs to no login of this tab");
    sessionStorage.setItem(key, "1");
    return loginWithRedirect();
  }

  return {
    loginWithRedirect,
    logoutWithRedirect,

    async resume() {
      finishLogout();
      const response = responseOf(page().location.href);
      const isFirst = response !== undefined && isOwn(response);
      if (isFirst)
        shared.finishing = finish(response).finally(() => {
          shared.finishing = undefined;
        });
      const isShared = !isFirst && shared.finishing !== undefined;
      await shared.finishing;
      const isLoggedIn = session.tokens() !== undefined;
      // It would send the user away again, and so would the next page, for ever.
      if (isShared && !isLoggedIn)
        throw new TypeError("another client of this page has used the response: create only one");
      return isLoggedIn;
    },
  };
}

const PARAMETERS = ["code", "state", "iss", "error", "error_description", "error_uri"];

/** The response of the server in a URL (RFC 6749 sections 4.1.2 and 4.1.2.1). A page can have a `code` of its own in it. */
function responseOf(href: string): URLSearchParams | undefined {
  const { searchParams } = new URL(href);
  const isResponse = searchParams.has("code") || searchParams.has("error");
  return isResponse && searchParams.has("state") ? searchParams : undefined;
}

/** A URL without the response in it: the code must not stay in the address bar and the history. */
function withoutResponse(href: string): string {
  const url = new URL(href);
  for (const name of PARAMETERS) url.searchParams.delete(name);
  return url.href;
}

function parse(text: string | null): Pending | undefined {
  try {
    const { owner, verifier, returnTo } = JSON.parse(text ?? "{}") as Partial<Pending>;
    if (typeof owner !== "string" || typeof verifier !== "string" || typeof returnTo !== "string")
      return undefined;
    return { owner, verifier, returnTo: ofThisOrigin(returnTo) };
  } catch {
    // Anything on the origin can write to the storage.
    return undefined;
  }
}
