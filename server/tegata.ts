/** Assembles the parts of the service. No globals, no HTTP. */
import { type Db, openDb } from "../db/open.ts";
import { openPasswords, type Passwords } from "./accounts/passwords.ts";
import { readStoredWork, type StoredWork } from "./accounts/stored-hash.ts";
import { fillUsernameKeys } from "./accounts/username-keys.ts";
import { type Audit, openAudit } from "./audit.ts";
import { findAnyClient } from "./clients/clients.ts";
import { sweepCodes } from "./clients/codes.ts";
import { openWebOrigins, type WebOrigins } from "./clients/web-origins.ts";
import { type Log, openLog } from "./log.ts";
import { type LogOutput, openLogOutput } from "./log-output.ts";
import { type Mail, openMail } from "./mail/mail.ts";
import { openTransport, type Transport } from "./mail/transport.ts";
import type { Metrics } from "./metrics.ts";
import { openPatiently } from "./patience.ts";
import type { Settings } from "./settings.ts";
import { startSweeper } from "./sweeper.ts";
import { countThrottled } from "./throttle/counted.ts";
import { openCounters, openThrottle, type Throttle } from "./throttle/throttle.ts";
import { type AccessTokens, openAccessTokens } from "./tokens/access.ts";
import { type Keys, openKeys } from "./tokens/keys.ts";
import { type OwnScope, SCOPES, type Scopes } from "./tokens/scopes.ts";
import { dataFolder, openSecrets } from "./tokens/secret.ts";
import { sweepSessions } from "./tokens/sweep.ts";
import { openTickets, type Tickets } from "./tokens/tickets.ts";

/** Everything that an endpoint needs. */
export interface Tegata {
  readonly settings: Settings;
  readonly db: Db;
  readonly passwords: Passwords;
  readonly keys: Keys;
  readonly accessTokens: AccessTokens;
  readonly tickets: Tickets;
  /** Every scope that users can grant: those of this service, and of the application that it is in. */
  readonly scopes: Scopes;
  readonly webOrigins: WebOrigins;
  readonly throttle: Throttle;
  readonly audit: Audit;
  readonly mail: Mail;
  /** Undefined if METRICS_PORT is not set. */
  readonly metrics: Metrics | undefined;
  readonly log: Log;
  /** Whether what is logged is also written. */
  readonly isLogWritable: () => boolean;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Where the secret came from, for people to read. */
  readonly secretSource: string;
  /** Ends all of it. @param mailUntilMs how long mails are waited for, as {@link Mail.close} does */
  close(mailUntilMs?: number): Promise<void>;
}

/**
 * Opens the parts.
 * @param options the scopes of the application; and what a test replaces: the clock (epoch milliseconds), and where the
 *   log and the mails go
 * @throws if the database or a signing key cannot be used, or AUDIENCE is the id of a client
 */
export async function openTegata(
  settings: Settings,
  {
    ownScopes = {},
    now = Date.now,
    output = openLogOutput(undefined, settings.workers > 1),
    log = openLog(settings, output),
    transport = openTransport(settings, dataFolder(settings.databaseUrl)),
  }: {
    ownScopes?: Readonly<Record<OwnScope, string>>;
    now?: () => number;
    output?: LogOutput;
    log?: Log;
    transport?: Transport | undefined;
  } = {},
): Promise<Tegata> {
  const { secrets, source } = openSecrets(settings);
  const keys = await openKeys(secrets, settings.signingKeyFiles);
  const { db, stored, counters } = await openStores(settings, log);
  warnOfCost(stored, settings, log);
  const metrics = await openMetrics(settings);
  const passwords = openPasswords(settings, stored, metrics);
  const throttle = countThrottled(openThrottle(counters, keys.throttle, settings, now), metrics);
  const audit = openAudit({ db, log, metrics, now });
  const mail = openMail(settings, log, transport);
  if (metrics) showWaiting(metrics, { db, passwords, mail });
  const sweeper = startSweeper(log, [
    (stopped) => sweepSessions({ db, log, now }, stopped),
    (stopped) => sweepCodes({ db, now }, stopped),
    throttle.sweep,
    (stopped) => audit.sweep(settings.auditRetentionDays, stopped),
  ]);
  return {
    settings,
    db,
    passwords,
    keys,
    accessTokens: openAccessTokens(keys, settings, now),
    tickets: openTickets(keys.tickets, now),
    scopes: { ...SCOPES, ...ownScopes },
    webOrigins: openWebOrigins({ db, settings, now, log }),
    throttle,
    audit,
    mail,
    metrics,
    log,
    isLogWritable: output.isWritable,
    now,
    secretSource: source,
    async close(mailUntilMs) {
      await sweeper.stop();
      await mail.close(mailUntilMs);
      await passwords.close();
      await audit.close();
      await counters.close();
      await db.close();
      await output.end();
    },
  };
}

/** Opens the database and the counters. If it fails, nothing stays open. */
async function openStores(settings: Settings, log: Log) {
  const { databaseUrl, migrateOnStart: migrate } = settings;
  const db = await openPatiently(() => openDb(databaseUrl, { migrate }), log);
  try {
    if (await findAnyClient({ db, settings }, settings.audience))
      throw new Error(
        "AUDIENCE: must not be the id of a client, whose ID tokens have that audience; choose another value",
      );
    await fillUsernameKeys(db);
    const stored = await readStoredWork(db);
    const counters = await openPatiently(() => openCounters(db, settings), log);
    return { db, stored, counters };
  } catch (error) {
    await db.close();
    throw error;
  }
}

/** Opens the metrics, if METRICS_PORT is set: what counts loads only then. */
const openMetrics = async ({ metricsPort }: Settings): Promise<Metrics | undefined> =>
  metricsPort === undefined ? undefined : (await import("./metrics.ts")).openMetrics();

/** Says what makes every login slower than the settings do. */
function warnOfCost(
  { cost: storedCost, recipes }: StoredWork,
  { bcryptCost }: Settings,
  log: Log,
): void {
  if (storedCost > bcryptCost)
    log.warn({ storedCost }, "some password hashes cost more than BCRYPT_COST, so all logins do");
  if (recipes.size > 0)
    log.warn(
      { schemes: [...recipes.keys()] },
      "some users were imported and have not logged in since: all logins do the work of their hashes, too",
    );
}

/** Adds what waits in the service at the moment, and what is in use. */
function showWaiting(
  metrics: Metrics,
  { db, passwords, mail }: Pick<Tegata, "db" | "passwords" | "mail">,
): void {
  metrics.gauge("tegata_database_in_use", "Statements that run", () => db.load().running);
  metrics.gauge(
    "tegata_database_waiting",
    "Statements that wait for a connection, or for another to end",
    () => db.load().waiting,
  );
  metrics.gauge(
    "tegata_password_queue_length",
    "Passwords that wait for a worker",
    () => passwords.queue().waiting,
  );
  metrics.gauge("tegata_mail_queue_length", "Mails that wait or are being sent", mail.waiting);
}
