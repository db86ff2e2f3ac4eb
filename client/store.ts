/** Where a client keeps its tokens. */

/** What a log-in gives. */
export interface Tokens {
  accessToken: string;
  /** Space-separated. */
  scope: string;
  /** None where the server gives none: the log-in then ends with its access token. */
  refreshToken?: string;
  /** Which log-in they are of: the same after every refresh, another one after the next log-in. */
  login?: string;
}

/** Keeps the tokens of one user; `undefined` when there are none. */
export interface TokenStore {
  get(): Tokens | undefined;
  set(tokens: Tokens | undefined): void;
}

/** Keeps the tokens in memory: they are gone with the page or the process. */
export function memoryStore(): TokenStore {
  let kept: Tokens | undefined;
  return {
    get: () => kept,
    set: (tokens) => {
      kept = tokens;
    },
  };
}

/** The part of the Web Storage API that is needed here. */
export interface WebStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/**
 * Keeps the tokens in `sessionStorage` or `localStorage`, so that they survive a reload.
 * Every script of the page's origin can read them there: prefer {@link memoryStore} where a reload may log out.
 * Tabs agree on `localStorage`. A tab that is duplicated takes a copy of its `sessionStorage` along, and of the two
 * refresh tokens that are the same then, the one that is used later passes for stolen and ends the session.
 * @param key under which name; two clients on one page need two
 */
export function webStore(storage: WebStorage, key = "tegata"): TokenStore {
  return {
    get: () => parse(storage.getItem(key)),
    set: (tokens) =>
      tokens ? storage.setItem(key, JSON.stringify(tokens)) : storage.removeItem(key),
  };
}

/** Storage is shared with everything else on the origin: what is not tokens is as good as nothing. */
function parse(text: string | null): Tokens | undefined {
  try {
    const kept = JSON.parse(text ?? "{}") as Partial<Record<string, unknown>>;
    const { accessToken, scope, refreshToken, login } = kept;
    if (typeof accessToken !== "string" || typeof scope !== "string") return undefined;
    return {
      accessToken,
      scope,
      ...(typeof refreshToken === "string" && { refreshToken }),
      ...(typeof login === "string" && { login }),
    };
  } catch {
    return undefined;
  }
}
