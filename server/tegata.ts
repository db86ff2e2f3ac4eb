/** Assembles the parts of the service. No globals, no HTTP. */
import { type Db, openDb } from "../db/open.ts";
import { openPasswords, type Passwords } from "./accounts/passwords.ts";
import { fillUsernameKeys } from "./accounts/username-keys.ts";
import { type Audit, openAudit } from "./audit.ts";
import { type Log, openLog } from "./log.ts";
import type { Settings } from "./settings.ts";
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
  readonly audit: Audit;
  readonly log: Log;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Where the secret came from, for people to read. */
  readonly secretSource: string;
  close(): Promise<void>;
}

/**
 * Opens the parts.
 * @param options what a test replaces: the clock (epoch milliseconds) and the log
 * @throws if the database or a signing key cannot be used
 */
export async function openTegata(
  settings: Settings,
  { now = Date.now, log = openLog(settings) }: { now?: () => number; log?: Log } = {},
): Promise<Tegata> {
  const { secrets, source } = openSecrets(settings);
  const keys = await openKeys(secrets, settings.signingKeyFiles);
  const db = await openDb(settings.databaseUrl, { migrate: settings.migrateOnStart });
  await fillUsernameKeys(db);
  const passwords = await openPasswords(settings);
  const audit = openAudit({ db, log, now });
  const sweep = setInterval(() => {
    void audit.removeOld(settings.auditRetentionDays);
    db.sessions
      .removeExpired(now())
      .catch((err: unknown) => log.error({ err }, "could not remove expired sessions"));
  }, SWEEP_MS).unref();
  return {
    settings,
    db,
    passwords,
    keys,
    accessTokens: openAccessTokens(keys, settings, now),
    audit,
    log,
    now,
    secretSource: source,
    async close() {
      clearInterval(sweep);
      await passwords.close();
      await audit.close();
      await db.close();
    },
  };
}
