/**
 * Throttling: how often passwords and other secrets may be guessed, and accounts be registered. The acts that test a
 * secret ask here, so that every door counts alike. Decision 033 has the rules and their reasons.
 */
import { createHmac } from "node:crypto";
import type { Db } from "../../db/open.ts";
import type { Counters } from "../../db/throttles.ts";
import { DAY_MS, HOUR_MS, SECOND_MS } from "../durations.ts";
import type { Settings } from "../settings.ts";
import { NEXT_SWEEP_MS, type Sweep } from "../sweeper.ts";
import { openCounting, type Rule, type Throttled } from "./counting.ts";
import { networkOf } from "./network.ts";

/** An attempt that may be made. It was counted as a failure before, so that parallel attempts do not overtake the count. */
export interface Attempt {
  is: "admitted";
  /** The secret was right: this attempt did not count, and what was counted for the same name is forgotten. */
  succeed(): Promise<void>;
  /** The secret was not tested, or its success says nothing about the name: this attempt did not count. */
  release(): Promise<void>;
}

/** The one limiter of the service. If its counters cannot be used, it throws a `DatabaseUnavailable`. */
export interface Throttle {
  /**
   * Counts an attempt to guess a password, by the name and by the address.
   * @param name what was typed, in one form for all spellings, whether or not there is such an account
   */
  guess(name: string, address: string): Promise<Attempt | Throttled>;
  /** Counts a registration by the address. */
  register(address: string): Promise<Omit<Attempt, "succeed"> | Throttled>;
  /**
   * Counts a wrong refresh token or client secret by the address. These have 256 random bits, so a right one is never
   * refused.
   * @returns undefined if it is not one too many
   */
  countWrong(address: string): Promise<Throttled | undefined>;
  /**
   * Counts a mail that somebody asks for, by its receiver and by the address of the request.
   * @returns undefined if it is not one too many
   */
  mail(to: string, address: string): Promise<Throttled | undefined>;
  /**
   * Counts a page that a browser opens: that needs no password, but stores a session.
   * @param clientId the client that gets a code; undefined for a page of this service. Any site can send a browser to a
   *   client, so each has a counter of its own.
   * @returns undefined if it is not one too many
   */
  openPage(sessionId: string, clientId?: string): Promise<Throttled | undefined>;
  /** Forgets what was counted for a name: whoever asks has proved in another way whose it is. */
  forget(name: string, address: string): Promise<void>;
  /** Deletes the counters that have expired, in small batches, until it is stopped. */
  sweep: Sweep;
}

/** A person who mistypes a password never waits before this many failures. */
const FREE_FAILURES = 5;
/** The longest wait between two guesses. */
const MAX_WAIT_MS = 900 * SECOND_MS;
/** How many mails one receiver gets at once, and again in each hour. */
const MAILS_PER_RECEIVER = 3;
/** How many pages of this service, or of one client, a browser opens at once, and again in each hour. */
const PAGES_PER_BROWSER = 200;
/** How long an address is remembered that an account has logged in from. */
const KNOWN_MS = 30 * DAY_MS;

/** A wait that doubles with each failure. A day without one forgets them. */
const BACK_OFF: Rule = {
  count(counter, nowMs) {
    const attempts = (counter?.attempts ?? 0) + 1;
    const waitMs = Math.min(SECOND_MS * 2 ** (attempts - FREE_FAILURES), MAX_WAIT_MS);
    const blockedUntilMs = attempts < FREE_FAILURES ? nowMs : nowMs + waitMs;
    return { attempts, blockedUntilMs, expiresAtMs: nowMs + DAY_MS };
  },
  // The others may not have been tested yet. It is forgotten with the next success.
  uncount: (counter) => counter,
};

/** At most `limit` at once, and so many in each later hour: the wait until the next one is an hour divided by the limit. */
function perHour(limit: number): Rule {
  const stepMs = Math.ceil(HOUR_MS / limit);
  return {
    count(counter, nowMs) {
      const fullMs = Math.max(counter?.blockedUntilMs ?? 0, nowMs - HOUR_MS + stepMs);
      const blockedUntilMs = fullMs + stepMs;
      const attempts = (counter?.attempts ?? 0) + 1;
      return { attempts, blockedUntilMs, expiresAtMs: blockedUntilMs + HOUR_MS };
    },
    uncount: ({ attempts, blockedUntilMs, expiresAtMs }) => ({
      attempts: attempts - 1,
      blockedUntilMs: blockedUntilMs - stepMs,
      expiresAtMs: expiresAtMs - stepMs,
    }),
  };
}

/** Where the attempts are counted: in the database, or in Redis. @throws if Redis cannot be used */
export async function openCounters(
  { throttles }: Pick<Db, "throttles">,
  { redisUrl }: Pick<Settings, "redisUrl">,
): Promise<Counters> {
  // The driver loads only if it is needed.
  if (redisUrl !== undefined) return (await import("../../db/redis.ts")).openRedis(redisUrl);
  return { ...throttles, close: async () => undefined };
}

/** How many expired counters one statement deletes. */
const SWEEP_BATCH = 500;

/**
 * Opens the limiter.
 * @param key what names and addresses are hashed with
 * @param now epoch milliseconds
 */
export function openThrottle(
  counters: Counters,
  key: Buffer,
  settings: Pick<Settings, "loginFailuresPerAddress" | "registrationsPerAddress">,
  now: () => number,
): Throttle {
  const { isBlocked, count, uncount, find, set } = openCounting(counters, now);
  const failures = perHour(settings.loginFailuresPerAddress);
  const registrations = perHour(settings.registrationsPerAddress);
  const mails = perHour(MAILS_PER_RECEIVER);
  const pages = perHour(PAGES_PER_BROWSER);
  // JSON keeps the parts apart: a name may contain any character.
  const hashOf = (...parts: string[]) =>
    createHmac("sha256", key).update(JSON.stringify(parts)).digest("base64url");

  return {
    async guess(name, address) {
      const network = networkOf(address);
      const addressHash = hashOf("failures", network);
      const early = isBlocked(addressHash);
      if (early) return early;
      // Where the account has logged in before, it has a counter of its own, so that strangers cannot lock its owner out.
      const knownHash = hashOf("known", name, network);
      const known = await find(knownHash);
      const knownUntilMs = known?.expiresAtMs;
      const nameHash =
        knownUntilMs === undefined ? hashOf("password", name) : hashOf("password", name, network);

      const byName = await count(nameHash, BACK_OFF);
      if ("is" in byName) return byName;
      const byAddress = await count(addressHash, failures);
      if ("is" in byAddress) {
        await uncount(byName);
        return byAddress;
      }
      return {
        is: "admitted",
        async succeed() {
          const forgotten = set(nameHash, undefined, { counter: byName.after });
          await Promise.all([forgotten, uncount(byAddress)]);
          const expiresAtMs = now() + KNOWN_MS;
          // Once a day is enough.
          if (knownUntilMs === undefined || knownUntilMs < expiresAtMs - DAY_MS) {
            const renewed = { attempts: 0, blockedUntilMs: 0, expiresAtMs };
            await set(knownHash, renewed, { counter: known });
          }
        },
        async release() {
          await Promise.all([uncount(byName), uncount(byAddress)]);
        },
      };
    },

    async register(address) {
      const counted = await count(hashOf("registrations", networkOf(address)), registrations);
      return "is" in counted ? counted : { is: "admitted", release: () => uncount(counted) };
    },

    async countWrong(address) {
      const counted = await count(hashOf("failures", networkOf(address)), failures);
      return "is" in counted ? counted : undefined;
    },

    async mail(to, address) {
      const byAddress = await count(hashOf("mails", networkOf(address)), registrations);
      if ("is" in byAddress) return byAddress;
      const byReceiver = await count(hashOf("mail", to), mails);
      if (!("is" in byReceiver)) return undefined;
      await uncount(byAddress);
      return byReceiver;
    },

    async openPage(sessionId, clientId) {
      const client = clientId === undefined ? [] : [clientId];
      const counted = await count(hashOf("pages", sessionId, ...client), pages);
      return "is" in counted ? counted : undefined;
    },

    async forget(name, address) {
      const hashes = [hashOf("password", name), hashOf("password", name, networkOf(address))];
      await Promise.all(hashes.map((hash) => set(hash, undefined)));
    },

    async sweep(stopped) {
      while (
        !stopped.aborted &&
        (await counters.removeExpired(now(), SWEEP_BATCH)) === SWEEP_BATCH
      );
      return NEXT_SWEEP_MS;
    },
  };
}
