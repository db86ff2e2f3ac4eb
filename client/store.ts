/** Where the client stores its tokens. */

/** The tokens of one login. */
export interface Tokens {
  accessToken: string;
  /** Space-separated. */
  scope: string;
  /** Undefined if the server issues none. The session then ends when the access token expires. */
  refreshToken?: string;
  /** Shows the server at a logout which login it is about. Undefined without the scope `openid`. */
  idToken?: string;
  /** Identifies the login. A refresh keeps it, the next login changes it. */
  login?: string;
}

/** Stores the tokens of one user, or `undefined` if nobody is logged in. */
export interface TokenStore {
  get(): Tokens | undefined;
  set(tokens: Tokens | undefined): void;
}

/** Stores the tokens in memory. A page reload or a restart loses them. */
export function memoryStore(): TokenStore {
  let stored: Tokens | undefined;
  return {
    get: () => stored,
    set: (tokens) => {
      stored = tokens;
    },
  };
}

/** The part of the Web Storage API that {@link webStore} uses. */
export interface WebStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/**
 * Stores the tokens in `sessionStorage` or `localStorage`, so that they survive a reload.
 *
 * Every script on the page's origin can read them. Use {@link memoryStore} if a reload may log the user out.
 *
 * Tabs share `localStorage`. Duplicating a tab copies its `sessionStorage`, including the refresh token: when both
 * tabs have used it, the server treats it as stolen and ends the session.
 *
 * If the storage throws, because it is full or blocked, the tokens are kept in memory.
 * @param storage a browser that blocks it may throw already when you read `window.sessionStorage`; a function is called
 * where that is caught
 * @param key the name of the storage entry; use a different one for each client on a page
 */
export function webStore(storage: WebStorage | (() => WebStorage), key = "tegata"): TokenStore {
  /** What could not be stored. */
  let kept: Tokens | undefined;
  const open = () => (typeof storage === "function" ? storage() : storage);
  return {
    get() {
      if (kept) return kept;
      try {
        return parse(open().getItem(key));
      } catch {
        return undefined;
      }
    },
    set(tokens) {
      kept = undefined;
      try {
        if (tokens) open().setItem(key, JSON.stringify(tokens));
        else open().removeItem(key);
      } catch {
        kept = tokens;
        forget(open, key);
      }
    },
  };
}

/** Removes tokens that could not be replaced: they would come back after a reload. */
function forget(open: () => WebStorage, key: string): void {
  try {
    open().removeItem(key);
  } catch {
    // Then the storage is blocked, and contains nothing.
  }
}

/** Ignores entries that are not tokens, because anything on the origin can write to the storage. */
function parse(text: string | null): Tokens | undefined {
  try {
    const stored = JSON.parse(text ?? "{}") as Partial<Record<string, unknown>>;
    const { accessToken, scope, refreshToken, idToken, login } = stored;
    if (typeof accessToken !== "string" || typeof scope !== "string") return undefined;
    return {
      accessToken,
      scope,
      ...(typeof refreshToken === "string" && { refreshToken }),
      ...(typeof idToken === "string" && { idToken }),
      ...(typeof login === "string" && { login }),
    };
  } catch {
    return undefined;
  }
}
