/**
 * A session that refreshes its tokens when the server rejects them. It never looks at the expiry time, because client
 * clocks are often wrong.
 */
import { AuthError } from "./errors.ts";
import { requestTokens, revokeToken, type Server, serverOf } from "./oauth.ts";
import type { TokenStore, Tokens } from "./store.ts";

/** The options of {@link createSession}. */
export interface SessionOptions {
  /** The URL of the server. */
  url: string;
  store: TokenStore;
  /** The id of the client that was registered with the server. By default, the client that is built into it. */
  clientId?: string;
  /**
   * Called once when a call finds that the session has ended: it expired, was revoked, or the user logged out in
   * another tab. The store is already empty, so you can ask the user to log in again. Not called by `logout()`.
   */
  onEnd?: () => void;
}

/** The session of one user. Pass it to `authLink()`, or use its `headers()` with `fetch`. */
export interface Session {
  /**
   * Logs in and stores the tokens.
   * @param username an email address or a username
   * @throws {AuthError}
   */
  login(username: string, password: string): Promise<void>;
  /**
   * Exchanges a grant for tokens at `POST /token`, and stores them as those of a new login.
   * @throws {AuthError}
   */
  exchange(grant: Record<string, string>): Promise<void>;
  /**
   * Ends the session in the store and on the server. The store is emptied even if the server cannot be notified.
   * @throws {AuthError} if the server could not be notified
   */
  logout(): Promise<void>;
  /** The `authorization` header for a request, or no header if nobody is logged in: `onEnd` is called if somebody was. */
  headers(): { authorization?: string };
  /** The tokens in the store. */
  tokens(): Tokens | undefined;
  /**
   * Replaces tokens that the server has rejected, unless they have been replaced already. Concurrent calls share one
   * request.
   * @returns whether the store now contains new tokens of the same login
   * @throws {AuthError} if the server could not answer; the tokens are kept, so you can try again
   */
  refresh(rejected: Tokens): Promise<boolean>;
}

/** Creates a session. If the store already contains tokens, the user is logged in. */
export function createSession({ store, onEnd, ...options }: SessionOptions): Session {
  const server = serverOf(options);
  const renewOnce = sharedRenewal(server, store);
  /** Whether tokens have been used since the last end, so that every end is reported once. */
  let started = false;

  const tokens = () => {
    const current = store.get();
    if (current) started = true;
    return current;
  };

  /** Called where a call has found no tokens. */
  const reportEnd = () => {
    if (!started) return;
    started = false;
    onEnd?.();
  };

  async function exchange(grant: Record<string, string>): Promise<void> {
    const issued = await requestTokens(server, grant);
    // It only has to differ from the previous login. `crypto.randomUUID` requires HTTPS.
    store.set({ ...issued, login: Math.random().toString(36).slice(2) });
  }

  return {
    tokens,

    login: (username, password) => exchange({ grant_type: "password", username, password }),
    exchange,

    async logout() {
      const current = store.get();
      started = false;
      // Empty the store first, so that responses still on their way find nobody logged in.
      store.set(undefined);
      if (current) await revokeToken(server, current.refreshToken ?? current.accessToken);
    },

    headers() {
      const current = tokens();
      if (current) return { authorization: `Bearer ${current.accessToken}` };
      reportEnd();
      return {};
    },

    async refresh(rejected) {
      if (store.get()?.accessToken === rejected.accessToken) await renewOnce(rejected.accessToken);
      const current = store.get();
      // Never resend one user's request as another user.
      if (current) return current.login === rejected.login;
      reportEnd();
      return false;
    },
  };
}

/** @returns a function that renews a rejected access token, and shares one request among concurrent calls */
function sharedRenewal(server: Server, store: TokenStore) {
  let pending: { accessToken: string; done: Promise<void> } | undefined;
  return (accessToken: string): Promise<void> => {
    if (pending?.accessToken === accessToken) return pending.done;
    const done = exclusively(`tegata ${server.url}`, () =>
      renew(server, store, accessToken),
    ).finally(() => {
      if (pending?.done === done) pending = undefined;
    });
    pending = { accessToken, done };
    return done;
  };
}

/** Replaces the rejected tokens in the store, or empties the store if they cannot be refreshed. */
async function renew(server: Server, store: TokenStore, rejected: string): Promise<void> {
  const current = store.get();
  // While this tab waited for the lock, another tab may have refreshed, or the user may have logged in or out.
  if (current?.accessToken !== rejected) return;
  const { refreshToken } = current;
  const renewed =
    refreshToken === undefined ? undefined : await refreshTokens(server, refreshToken);
  // Do not undo a login or logout that happened during the request.
  if (store.get()?.accessToken === rejected) store.set(renewed && { ...current, ...renewed });
}

/** @returns undefined if the refresh token is no longer valid */
async function refreshTokens(server: Server, refreshToken: string): Promise<Tokens | undefined> {
  const form = { grant_type: "refresh_token", refresh_token: refreshToken };
  try {
    return await requestTokens(server, form);
  } catch (error) {
    if (error instanceof AuthError && error.reason === "invalid_grant") return undefined;
    throw error;
  }
}

/** The part of the Web Locks API that {@link exclusively} uses. */
interface WebLocks {
  request<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/** Keeps other tabs from doing the same work at the same time, if the Web Locks API is available. */
async function exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
  const { navigator } = globalThis as { navigator?: { locks?: WebLocks } };
  if (!navigator?.locks) return work();
  let hasLock = false;
  const locked = navigator.locks.request(name, () => {
    hasLock = true;
    return work();
  });
  return locked.catch((error: unknown) => {
    if (hasLock) throw error;
    // Browsers refuse locks, like storage, where the user has blocked site data.
    return work();
  });
}
