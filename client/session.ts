/**
 * A log-in that lasts: its tokens are refreshed when the server refuses them, never by a clock, for the clocks of
 * clients are wrong.
 */
import { LoginError } from "./failure.ts";
import { requestTokens, revokeToken } from "./oauth.ts";
import type { TokenStore, Tokens } from "./store.ts";

/** Where a Tegata is, where its tokens are kept, and whom to tell that they are gone. */
export interface SessionOptions {
  /** Without a slash at the end. */
  url: string;
  store: TokenStore;
  /**
   * Called once when a call finds that the session is over: it expired, was ended elsewhere, or another tab logged
   * out. The store is empty then, and it is time to ask for a password. Not called by `logout()`.
   */
  onEnd?: () => void;
}

/** The tokens of one user, for `authLink()` and for every `fetch` of your own. */
export interface Session {
  /**
   * Logs in, and keeps the tokens in the store.
   * @param username an email or a username
   * @throws {LoginError}
   */
  login(username: string, password: string): Promise<void>;
  /**
   * Ends the session, in the store and at the server. The store is emptied even when the server cannot be told.
   * @throws {LoginError} when the server could not be told
   */
  logout(): Promise<void>;
  /** The header that a request needs now; none when nobody is logged in. */
  headers(): { authorization?: string };
  /** What is in the store. */
  tokens(): Tokens | undefined;
  /**
   * Replaces tokens that the server has refused, unless that has been done already. However many ask at once, the
   * server is asked once.
   * @returns whether the store now holds others of the same log-in
   * @throws {LoginError} when it cannot be known: the tokens are kept, and a later try may succeed
   */
  refresh(refused: Tokens): Promise<boolean>;
}

/** A session over a store, which may hold tokens already. */
export function createSession({ url, store, onEnd }: SessionOptions): Session {
  let flight: { accessToken: string; landed: Promise<void> } | undefined;
  /** Whether tokens have been in use since the last end: each end is told once. */
  let begun = false;

  const tokens = () => {
    const held = store.get();
    if (held) begun = true;
    return held;
  };

  const share = (accessToken: string): Promise<void> => {
    if (flight?.accessToken === accessToken) return flight.landed;
    const landed = alone(`tegata ${url}`, () => renew(url, store, accessToken)).finally(() => {
      if (flight?.landed === landed) flight = undefined;
    });
    flight = { accessToken, landed };
    return landed;
  };

  return {
    async login(username, password) {
      const fresh = await requestTokens(url, { grant_type: "password", username, password });
      // It only has to differ from the last one; `crypto.randomUUID` is missing on pages without https.
      store.set({ ...fresh, login: Math.random().toString(36).slice(2) });
    },

    async logout() {
      const held = store.get();
      // First of all: whatever comes back from now on finds nobody logged in.
      store.set(undefined);
      begun = false;
      if (held) await revokeToken(url, held.refreshToken ?? held.accessToken);
    },

    headers() {
      const held = tokens();
      return held ? { authorization: `Bearer ${held.accessToken}` } : {};
    },

    tokens,

    async refresh(refused) {
      if (store.get()?.accessToken === refused.accessToken) await share(refused.accessToken);
      const held = store.get();
      // What was sent for one user is never sent again for the next.
      if (held) return held.login === refused.login;
      if (begun) {
        begun = false;
        onEnd?.();
      }
      return false;
    },
  };
}

/** Asks for new tokens in place of the refused ones, or empties the store when there are none to be had. */
async function renew(url: string, store: TokenStore, refused: string): Promise<void> {
  const held = store.get();
  // While this tab waited for its turn, another one has refreshed, or somebody has logged in or out.
  if (held?.accessToken !== refused) return;
  const renewed = held.refreshToken === undefined ? undefined : await ask(url, held.refreshToken);
  // Whoever logged in or out in the meantime meant it.
  if (store.get()?.accessToken === refused) store.set(renewed && { ...held, ...renewed });
}

/** @returns undefined when the refresh token is worth nothing any more */
async function ask(url: string, refreshToken: string): Promise<Tokens | undefined> {
  const form = { grant_type: "refresh_token", refresh_token: refreshToken };
  try {
    return await requestTokens(url, form);
  } catch (error) {
    if (error instanceof LoginError && error.reason === "invalid_grant") return undefined;
    throw error;
  }
}

/** The part of the Web Locks API that is needed here. */
interface WebLocks {
  request<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/** Runs it while no other tab runs one of that name, where the Web Locks API is there to see to it. */
function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  const { navigator } = globalThis as { navigator?: { locks?: WebLocks } };
  return navigator?.locks ? navigator.locks.request(name, work) : work();
}
