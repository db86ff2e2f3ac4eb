/** The typed Tegata client for browsers and Node. */
import { createTRPCClient, httpBatchLink, type TRPCClient } from "@trpc/client";
import type { AnyTRPCRouter, TRPCMergeRouters } from "@trpc/server";
import { authLink } from "./auth-link.ts";
import { baseUrl } from "./oauth.ts";
import type { AppRouter } from "./protocol.ts";
import { type RedirectOptions, type Redirects, redirects } from "./redirect/redirects.ts";
import { createSession, type Session, type SessionOptions } from "./session.ts";

export { authLink } from "./auth-link.ts";
export { AuthError, fieldErrorsOf, isProcedureError, type Reason, reasonOf } from "./errors.ts";
export type { EventType, FieldError, FieldErrorCode, FieldErrors } from "./protocol.ts";
export type { RedirectLogout } from "./redirect/logout.ts";
export type { RedirectLogin } from "./redirect/redirects.ts";
export { createSession, type Session, type SessionOptions } from "./session.ts";
export { memoryStore, type TokenStore, type Tokens, webStore } from "./store.ts";
export type { AppRouter };

/**
 * The router of a service that has Tegata and its own procedures in one.
 * @example const tegata = createTegata<WithTegata<typeof ownRouter>>({ url, store });
 */
export type WithTegata<Own extends AnyTRPCRouter> = TRPCMergeRouters<[AppRouter, Own]>;

/** The options of {@link createTegata}. */
export interface TegataOptions
  extends SessionOptions,
    Pick<RedirectOptions, "issuer" | "redirectUri" | "scope"> {
  /** The language of the mails that a call causes, such as `ja`. By default, that of the browser. */
  language?: () => string;
}

/** What {@link createTegata} makes. */
export interface TegataClient<Router extends AnyTRPCRouter = AppRouter> extends Redirects {
  /**
   * The typed procedures, such as `api.register.mutate(…)` and `api.me.query()`. Note that `isLoggedIn` is false when the
   * access token has expired, while `me` refreshes it.
   */
  api: TRPCClient<Router>;
  /**
   * The session, to call your own services with the same login: pass it to `authLink()`, or its `headers()` to `fetch`.
   */
  session: Session;
  /**
   * Logs in and stores the tokens.
   * @param username an email address or a username
   * @throws {AuthError}
   */
  login: Session["login"];
  /**
   * Ends the session in the store and on the server. The store is emptied even if the server cannot be notified.
   * @throws {AuthError} if the server could not be notified
   */
  logout: Session["logout"];
}

/**
 * Creates a client for one Tegata server. It refreshes expired access tokens and retries the calls that failed with
 * them. If the server also has procedures of your own, name their router: see {@link WithTegata}.
 * @example
 * const tegata = createTegata({ url: "http://127.0.0.1:3000", store: memoryStore() });
 * await tegata.login("ada@example.com", "correct horse battery");
 * const { email } = await tegata.api.me.query();
 */
export function createTegata<Router extends AnyTRPCRouter = AppRouter>(
  options: TegataOptions,
): TegataClient<Router>;
export function createTegata({ language, ...options }: TegataOptions): TegataClient {
  const session = createSession(options);
  const redirected = redirects({ clientId: "tegata", ...options }, session);
  const api = createTRPCClient<AppRouter>({
    links: [
      authLink(session),
      httpBatchLink({
        url: `${baseUrl(options.url)}/trpc`,
        // Far below the limits of the server, because a batch takes as long as its slowest call.
        maxItems: 10,
        maxURLLength: 2048,
        headers: () => ({
          ...session.headers(),
          ...(language && { "accept-language": language() }),
        }),
      }),
    ],
  });
  const { login, logout } = session;
  return { api, session, login, logout, ...redirected };
}
