/** The typed Tegata client for browsers and Node. */
import { createTRPCClient, httpBatchLink } from "@trpc/client";
import { authLink } from "./auth-link.ts";
import { baseUrl } from "./oauth.ts";
import type { AppRouter } from "./protocol.ts";
import { createSession, type SessionOptions } from "./session.ts";

export { authLink } from "./auth-link.ts";
export { AuthError, fieldErrorsOf, isProcedureError, type Reason, reasonOf } from "./errors.ts";
export type { EventType, FieldError, FieldErrorCode, FieldErrors } from "./protocol.ts";
export { createSession, type Session, type SessionOptions } from "./session.ts";
export { memoryStore, type TokenStore, type Tokens, webStore } from "./store.ts";
export type { AppRouter };

/**
 * Creates a client for one Tegata server. It refreshes expired access tokens and retries the calls that failed with
 * them.
 * @example
 * const tegata = createTegata({ url: "http://127.0.0.1:3000", store: memoryStore() });
 * await tegata.login("ada@example.com", "correct horse battery");
 * const { email } = await tegata.api.me.query();
 */
export function createTegata(options: SessionOptions) {
  const session = createSession(options);
  const api = createTRPCClient<AppRouter>({
    links: [
      authLink(session),
      httpBatchLink({
        url: `${baseUrl(options.url)}/trpc`,
        // Far below the limits of the server, because a batch takes as long as its slowest call.
        maxItems: 10,
        maxURLLength: 2048,
        headers: session.headers,
      }),
    ],
  });

  return {
    /**
     * The typed procedures, such as `api.register.mutate(…)` and `api.me.query()`. Note that `isLoggedIn` is false
     * when the access token has expired, while `me` refreshes it.
     */
    api,

    /**
     * The session, to call your own services with the same login: pass it to `authLink()`, or its `headers()` to
     * `fetch`.
     */
    session,

    /**
     * Logs in and stores the tokens.
     * @param username an email address or a username
     * @throws {AuthError}
     */
    login: session.login,

    /**
     * Ends the session in the store and on the server. The store is emptied even if the server cannot be notified.
     * @throws {AuthError} if the server could not be notified
     */
    logout: session.logout,
  };
}
