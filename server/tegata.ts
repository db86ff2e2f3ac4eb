/** Assembles the parts of the service. No globals, no HTTP. */
import { type Db, openDb } from "../db/open.ts";
import { openPasswords, type Passwords } from "./accounts/passwords.ts";
import { highestStoredCost } from "./accounts/stored-hash.ts";
import { fillUsernameKeys } from "./accounts/username-keys.ts";
import { type Audit, openAudit } from "./audit.ts";
import { type Log, openLog } from "./log.ts";
import { type LogOutput, openLogOutput } from "./log-output.ts";
import type { Settings } from "./settings.ts";
import { startSweeper } from "./sweeper.ts";
import { openCounters, openThrottle, type Throttle } from "./throttle/throttle.ts";
import { type AccessTokens, openAccessTokens } from "./tokens/access.ts";
import { type Keys, openKeys } from "./tokens/keys.ts";
import { openSecrets } from "./tokens/secret.ts";
import { sweepSessions } from "./tokens/sweep.ts";

/** Everything that an endpoint needs. */
export interface Tegata {
  readonly settings: Settings;
  readonly db: Db;
  readonly passwords: Passwords;
  readonly keys: Keys;
  readonly accessTokens: AccessTokens;
  readonly throttle: Throttle;
  readonly audit: Audit;
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
    output = openLogOutput(undefined, settings.workers > 1),
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
  const passwords = openPasswords(settings, storedCost);
  const counters = await openCounters(db, settings);
  const throttle = openThrottle(counters, keys.throttle, settings, now);
  const audit = openAudit({ db, log, now });
  const sweeper = startSweeper(log, [
    (stopped) => sweepSessions({ db, log, now }, stopped),
    throttle.sweep,
    (stopped) => audit.sweep(settings.auditRetentionDays, stopped),
  ]);
  return {
    settings,
    db,
    passwords,
    keys,
    accessTokens: openAccessTokens(keys, settings, now),
    throttle,
    audit,
    log,
    isLogWritable: output.isWritable,
    now,
    secretSource: source,
    async close() {
      await sweeper.stop();
      await passwords.close();
      await audit.close();
      await counters.close();
      await db.close();
      await output.end();
    },
  };
}
