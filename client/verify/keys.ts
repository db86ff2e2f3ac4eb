/** The public keys of Tegata: fetched when needed, and kept while they cannot be fetched. */
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";

/** How old keys may be before they are fetched again: the `max-age` that Tegata sends with them. */
const FRESH_MS = 5 * 60_000;
/** How old keys may become while they cannot be fetched. A key that was removed meanwhile is accepted until then. */
const USABLE_MS = 24 * 60 * 60_000;
/** After a failure, the time until the next attempt while there are keys to serve with. */
const RETRY_MS = 30_000;
/** Unknown keys cause this many fetches at once, and then one in each interval: anyone can name a key. */
const UNKNOWN_KEY_FETCHES = 5;
const UNKNOWN_KEY_INTERVAL_MS = 10_000;
/** How long to wait for a response. */
const TIMEOUT_MS = 5_000;

/** The keys could not be fetched, so that a token cannot be checked. */
class KeysUnavailable extends Error {
  override readonly name = "KeysUnavailable";
}

/**
 * Finds the key that a token names.
 * @returns a function for jose's `jwtVerify`, which throws {@link KeysUnavailable} if the key may exist but cannot be
 * fetched
 */
export function remoteKeys(url: URL): JWTVerifyGetKey {
  /** The keys of the last fetch that succeeded, and when that was. */
  let known: { find: JWTVerifyGetKey; atMs: number } | undefined;
  /** Why the last attempt failed, and when; undefined if it succeeded. */
  let failed: { cause: unknown; atMs: number } | undefined;
  let pending: Promise<void> | undefined;
  const mayAskForUnknown = rateLimit(UNKNOWN_KEY_FETCHES, UNKNOWN_KEY_INTERVAL_MS);

  /** Concurrent calls share one attempt. It never rejects. */
  const refresh = (): Promise<void> => {
    pending ??= fetchKeys(url)
      .then(
        (find) => {
          known = { find, atMs: Date.now() };
          failed = undefined;
        },
        (cause: unknown) => {
          failed = { cause, atMs: Date.now() };
        },
      )
      .finally(() => {
        pending = undefined;
      });
    return pending;
  };

  /** Fetches the keys if they are too old. */
  const renew = async (): Promise<void> => {
    const age = known ? since(known.atMs) : Number.POSITIVE_INFINITY;
    if (age < FRESH_MS) return;
    if (!failed || age >= USABLE_MS) return refresh();
    // Nobody waits for the next attempts: during an outage, each might take until the timeout.
    if (since(failed.atMs) >= RETRY_MS) void refresh();
  };

  return async (header, token) => {
    await renew();
    const unavailable = () =>
      new KeysUnavailable(`could not fetch the keys from ${url}`, { cause: failed?.cause });
    if (!known || since(known.atMs) >= USABLE_MS) throw unavailable();
    try {
      return await known.find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      // The token may be signed with a key that is newer than ours.
      if (pending || mayAskForUnknown()) await refresh();
      if (failed) throw unavailable();
      return known.find(header, token);
    }
  };
}

/** @throws if there is no response in time, or none with keys */
async function fetchKeys(url: URL): Promise<JWTVerifyGetKey> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, { redirect: "error", signal });
  if (!response.ok) throw new Error(`the response has status ${response.status}`);
  // It throws unless this is a set of keys.
  return createLocalJWKSet((await response.json()) as JSONWebKeySet);
}

/** How long ago that was. A clock that was set back must not make old keys new. */
const since = (ms: number) => Math.abs(Date.now() - ms);

/** @returns a function that says yes `burst` times at once, and then once in each interval */
function rateLimit(burst: number, intervalMs: number): () => boolean {
  /** When all of the burst is available again. */
  let fullAtMs = 0;
  return () => {
    const now = Date.now();
    const nextMs = Math.max(fullAtMs, now) + intervalMs;
    if (nextMs - now > burst * intervalMs) return false;
    fullAtMs = nextMs;
    return true;
  };
}
