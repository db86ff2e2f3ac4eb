/** Everything that `tegata doctor` can find, and how to fix what is wrong. */

/** What was examined, and what was found. */
export interface Finding {
  /** What was found, for programs. */
  code: FindingCode;
  state: "ok" | "warning" | "problem";
  /** What was examined. */
  about: string;
  /** What was found, for people. */
  text: string;
  /** How to fix it. */
  fix?: string;
}

const ok = (about: string) => ({ state: "ok", about }) as const;
const warning = (about: string, fix: string) => ({ state: "warning", about, fix }) as const;
const problem = (about: string, fix: string) => ({ state: "problem", about, fix }) as const;

/** The findings by their codes. */
export const FINDINGS = {
  settings_valid: ok("settings"),
  settings_invalid: problem("settings", "docs/settings.md explains each of them"),
  mode_production: ok("mode"),
  mode_local: ok("mode"),
  mode_exposed: warning("mode", "set NODE_ENV=production"),
  database_usable: ok("database"),
  database_unusable: problem("database", "start the database server, or correct DATABASE_URL"),
  access_granted: ok("database access"),
  access_private: ok("database access"),
  access_open: warning("database access", "chmod 600 FILE"),
  access_read_only: problem("database access", "connect to the primary server"),
  access_refused: problem(
    "database access",
    "grant the user of DATABASE_URL all privileges on its database",
  ),
  transport_private: ok("database transport"),
  transport_unprotected: warning(
    "database transport",
    "append ?sslmode=verify-full to DATABASE_URL",
  ),
  transport_unverified: warning(
    "database transport",
    "write sslmode=verify-full in DATABASE_URL, with ssl-ca=FILE for an authority of your own",
  ),
  session_as_set: ok("database session"),
  session_changed: problem(
    "database session",
    "configure the proxy between Tegata and the database to pass on SET statements, or connect without it",
  ),
  clock_agrees: ok("clock"),
  clock_differs: warning("clock", "synchronize both machines with NTP"),
  migrations_done: ok("migrations"),
  migrations_pushed: ok("migrations"),
  migrations_pending: warning("migrations", "run tegata migrate, or start the service"),
  migrations_unknown: warning(
    "migrations",
    "update Tegata to the newest version that runs on this database; give other programs a database of their own",
  ),
  migrations_interrupted: problem(
    "migrations",
    "restore a backup, or start with an empty database",
  ),
  tables_incomplete: problem(
    "tables",
    "run npm run db:push if drizzle-kit push created the tables; otherwise restore a backup",
  ),
  keys_usable: ok("keys"),
  keys_none: ok("keys"),
  keys_open: warning("keys", "chmod 600 FILE"),
  keys_unusable: problem("keys", "correct SIGNING_KEY_FILES or SECRET_KEY"),
  proxy_none: ok("proxy"),
  proxy_trusted: ok("proxy"),
  proxy_untrusted: problem("proxy", "set TRUST_PROXY to the number of proxies"),
  proxy_missing: warning("proxy", "set TRUST_PROXY=0, or ISSUER to the https URL of the proxy"),
  mail_accepted: ok("mail"),
  mail_printed: ok("mail"),
  mail_off: warning("mail", "set MAIL_URL and MAIL_FROM"),
  mail_refused: problem("mail", "correct the user name and password in MAIL_URL"),
  mail_unreachable: problem(
    "mail",
    "start the mail server, or correct its host, port and TLS in MAIL_URL",
  ),
  redis_usable: ok("redis"),
  redis_unusable: problem("redis", "start the Redis server, or correct REDIS_URL"),
} as const satisfies Record<string, Pick<Finding, "state" | "about" | "fix">>;

/** The code of a finding. */
export type FindingCode = keyof typeof FINDINGS;

/** Makes a finding. @param files what stands for `FILE` in the advice */
export function found(code: FindingCode, text: string, files: readonly string[] = []): Finding {
  const finding: Pick<Finding, "state" | "about" | "fix"> = FINDINGS[code];
  const fix = finding.fix?.replace("chmod 600 FILE", `chmod 600 ${files.join(" ")}`);
  return { code, ...finding, text, ...(fix !== undefined && { fix }) };
}
