/** Assembles the parts of the service. No globals, no HTTP. */
import { type Db, openDb } from "../db/open.ts";
import { openPasswords, type Passwords } from "./accounts/passwords.ts";
import { highestStoredCost } from "./accounts/stored-hash.ts";
import { fillUsernameKeys } from "./accounts/username-keys.ts";
import { type Log, openLog } from "./log.ts";
import { type LogOutput, openLogOutput } from "./log-output.ts";
import type { Settings } from "./settings.ts";
import { openCounters, openThrottle, type Throttle } from "./throttle/throttle.ts";
import { type AccessTokens, openAccessTokens } from "./tokens/access.ts";
import { type Keys, openKeys } from "./tokens/keys.ts";
import { openSecrets } from "./tokens/secret.ts";

/** How often expired sessions are removed from the database. */
const SWEEP_MS = 3_600_000;

/** Everything that an endpoint needs. */
export interface Tegata {
  readonly settings: Settings;
  readonly db: Db;
  readonly passwords: Passwords;
  readonly keys: Keys;
  readonly accessTokens: AccessTokens;
  readonly throttle: Throttle;
  readonly log: Log;
  /** Whether what is logged is also written. */
  readonly isLogWritable: () => boolean;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Where the secret came from, for people to read. */
  readonly secretSource: string;
  close(): Promise<void>;
}

/**
 * Opens the parts.
 * @param options what a test replaces: the clock (epoch milliseconds), and where the log goes
 * @throws if the database or a signing key cannot be used
 */
export async function openTegata(
  settings: Settings,
  {
    now = Date.now,
    output = openLogOutput(),
    log = openLog(settings, output),
  }: { now?: () => number; output?: LogOutput; log?: Log } = {},
): Promise<Tegata> {
  const { secrets, source } = openSecrets(settings);
  const keys = await openKeys(secrets, settings.signingKeyFiles);
  const db = await openDb(settings.databaseUrl, { migrate: settings.migrateOnStart });
  await fillUsernameKeys(db);
  const storedCost = await highestStoredCost(db);
  if (storedCost > settings.bcryptCost)
    log.warn({ storedCost }, "some password hashes cost more than BCRYPT_COST, so all logins do");
  const passwords = await openPasswords(settings, storedCost);
  const counters = await openCounters(db, settings);
  const throttle = openThrottle(counters, keys.throttle, settings, now);
  const sweep = setInterval(() => {
    Promise.all([db.sessions.removeExpired(now()), throttle.sweep()]).catch((err: unknown) =>
      log.error({ err }, "could not remove what has expired"),
    );
  }, SWEEP_MS).unref();
  return {
    settings,
    db,
    passwords,
    keys,
    accessTokens: openAccessTokens(keys, settings, now),
    throttle,
    log,
    isLogWritable: output.isWritable,
    now,
    secretSource: source,
    async close() {
      clearInterval(sweep);
      await passwords.close();
      await counters.close();
      await db.close();
      await output.end();
    },
  };
}
