/** The typed client of Tegata, for browsers and for Node. It takes only types from the server. */
import { createTRPCClient, httpBatchLink } from "@trpc/client";
import type { AppRouter } from "../server/http/trpc/router.ts";
import { authLink } from "./auth-link.ts";
import { createSession, type SessionOptions } from "./session.ts";

export { authLink } from "./auth-link.ts";
export { isProcedureError, LoginError, type Reason, reasonOf } from "./failure.ts";
export { createSession, type Session, type SessionOptions } from "./session.ts";
export { memoryStore, type TokenStore, type Tokens, webStore } from "./store.ts";
export type { AppRouter };

/**
 * Talks to one Tegata, and stays logged in: tokens that have expired are refreshed, and the calls that they failed are
 * sent again.
 * @param options.url where it is, without a slash at the end
 * @param options.store where the tokens are kept
 * @param options.onEnd called once when the session turns out to be over and nobody logged out here
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
        url: `${options.url}/trpc`,
        // What the server takes at most, of each.
        maxItems: 10,
        maxURLLength: 2048,
        headers: session.headers,
      }),
    ],
  });

  return {
    /**
     * The typed procedures: `api.register.mutate(…)`, `api.me.query()`, … `isLoggedIn` asks about the access token
     * alone and is false once that has expired; `me` refreshes it.
     */
    api,

    /**
     * Logs in, and keeps the tokens in the store.
     * @param username an email or a username
     * @throws {LoginError}
     */
    login: session.login,

    /**
     * Ends the session, in the store and at the server. The store is emptied even when the server cannot be told.
     * @throws {LoginError} when the server could not be told
     */
    logout: session.logout,
  };
}
