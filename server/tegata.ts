/** Assembles the parts of the service. No globals, no HTTP. */
import { type Db, openDb } from "../db/open.ts";
import { openPasswords, type Passwords } from "./accounts/passwords.ts";
import { fillUsernameKeys } from "./accounts/username-keys.ts";
import { type Log, openLog } from "./log.ts";
import type { Settings } from "./settings.ts";
import { type AccessTokens, openAccessTokens } from "./tokens/access.ts";
import { type Keys, openKeys } from "./tokens/keys.ts";
import { openSecrets } from "./tokens/secret.ts";
import { startSweeper } from "./tokens/sweep.ts";

/** Everything that an endpoint needs. */
export interface Tegata {
  readonly settings: Settings;
  readonly db: Db;
  readonly passwords: Passwords;
  readonly keys: Keys;
  readonly accessTokens: AccessTokens;
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
  const sweeper = startSweeper({ db, log, now });
  return {
    settings,
    db,
    passwords,
    keys,
    accessTokens: openAccessTokens(keys, settings, now),
    log,
    now,
    secretSource: source,
    async close() {
      await sweeper.stop();
      await passwords.close();
      await db.close();
    },
  };
}
