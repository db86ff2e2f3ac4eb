/** Every setting: its name in the environment, its rule, its default and its sentence. */
import { z } from "zod";
import { isLoopback } from "./loopback.ts";
import {
  brandName,
  color,
  databaseUrlRule,
  flag,
  imageFile,
  issuer,
  keyFile,
  list,
  MAKE_A_SECRET,
  mailUrlRule,
  origin,
  redisUrl,
  secret,
  text,
  wholeNumber,
} from "./setting-rules.ts";

/** One setting. */
export interface Setting {
  /** Its name in the environment. */
  key: string;
  /** As written in the environment. If it is undefined, the sentence says what happens by default. */
  default: string | undefined;
  rule: z.ZodType;
  /** Its purpose and its possible values. */
  sentence: string;
}

const setting = <Key extends string, Rule extends z.ZodType, Default extends string | undefined>(
  key: Key,
  initial: Default,
  rule: Rule,
  sentence: string,
) => ({ key, default: initial, rule, sentence });

/**
 * Every setting. The type of {@link Settings} follows from here; `.env.example`, the list in `docker-compose.yml` and
 * `docs/settings.md` are generated from here by `npm run generate`.
 */
export const SETTINGS = {
  production: setting(
    "NODE_ENV",
    "development",
    text.transform((value) => value.trim().toLowerCase() === "production"),
    "`production` refuses to start without SECRET_KEY, with an http ISSUER that is not a loopback address, without an ISSUER if others can reach the service, or with a BCRYPT_COST below 10. Any other value means development.",
  ),
  port: setting(
    "PORT",
    "3000",
    wholeNumber(0, 65535),
    "The TCP port to listen on, 0 to 65535. 0 takes any free port.",
  ),
  host: setting(
    "HOST",
    "127.0.0.1",
    text,
    "The address to listen on. 127.0.0.1 is this machine only; 0.0.0.0 or :: is every address of the machine.",
  ),
  metricsPort: setting(
    "METRICS_PORT",
    undefined,
    wholeNumber(0, 65535).optional(),
    "The TCP port that serves /metrics for Prometheus, on the address HOST, 0 to 65535. 0 takes any free port. Do not let the internet reach it. Default: there are no metrics. See docs/operations.md.",
  ),
  keepAliveSeconds: setting(
    "KEEP_ALIVE_SECONDS",
    "130",
    wholeNumber(1, 3600),
    "How long an idle connection stays open, in seconds, 1 to 3600. It must be longer than the idle time of the proxy or load balancer in front (nginx and AWS: 60, Traefik: 90, Caddy: 120, Google Cloud: 600), or the proxy sends requests on connections that are just being closed.",
  ),
  workers: setting(
    "WORKERS",
    "1",
    wholeNumber(1, 64),
    "The number of processes that share the port, 1 to 64. More than 1 answers more requests if there are more processors; take one fewer than there are if the database is on the same machine. They share the processors for hashing passwords, and each has its own connections to the database and takes its own memory.",
  ),
  databaseUrl: setting(
    "DATABASE_URL",
    "file:.data/tegata.db",
    databaseUrlRule,
    "file:PATH for SQLite (the file is created if it is missing), or mysql://USER:PASSWORD@HOST:PORT/DATABASE for MySQL and MariaDB. User and password are URL-encoded: write an @ in a password as %40. For TLS, append ?sslmode=verify-full (or verify-ca, require), and &ssl-ca=FILE if the certificate is signed by an authority of your own.",
  ),
  secretKeys: setting(
    "SECRET_KEY",
    undefined,
    list(secret).prefault(""),
    "The secret that all keys are derived from, at least 32 bytes. You can give several, comma-separated: the first signs, all verify. Required in production; otherwise one is generated at the first start and stored next to the database (in .data/ with MySQL). Make one with: node -e \"console.log(require('crypto').randomBytes(32).toString('base64url'))\"",
  ),
  signingKeyFiles: setting(
    "SIGNING_KEY_FILES",
    undefined,
    list(keyFile).prefault(""),
    "PEM files with private signing keys, comma-separated, used instead of the ES256 key derived from SECRET_KEY. RSA with at least 2048 bits signs with RS256, P-256 with ES256, Ed25519 with EdDSA. The first signs, all verify; ID tokens are signed by the first RSA key or, without one, by a key derived from SECRET_KEY.",
  ),
  issuer: setting(
    "ISSUER",
    undefined,
    issuer.optional(),
    "The `iss` of the tokens: the http or https URL at which callers reach this service, without query and fragment. People can log in only on a page that was opened there. If it is https, HSTS is sent. Default: http://127.0.0.1:PORT, with the real port if PORT is 0; in production, only if HOST is a loopback address and TRUST_PROXY is 0.",
  ),
  audience: setting(
    "AUDIENCE",
    undefined,
    text.optional(),
    "The `aud` of the tokens: who they are meant for. Default: the value of ISSUER.",
  ),
  accessTokenExpireMinutes: setting(
    "ACCESS_TOKEN_EXPIRE_MINUTES",
    "30",
    wholeNumber(1, 1440),
    "The lifetime of an access token, in minutes, 1 to 1440.",
  ),
  refreshTokenExpireDays: setting(
    "REFRESH_TOKEN_EXPIRE_DAYS",
    "30",
    wholeNumber(1, 365),
    "How long a refresh token can stay unused, in days, 1 to 365.",
  ),
  refreshGraceSeconds: setting(
    "REFRESH_GRACE_SECONDS",
    "30",
    wholeNumber(0, 60),
    "How long a used refresh token can still come back after its successor has been used, in seconds, 0 to 60, because a request from another tab may be on its way. If it comes back later, it counts as stolen and its session ends. Set it to more than the clocks of your instances can differ. As long as the successor is unused, the token can come back at any time and gets the same successor. 0 is strict: every second use ends the session.",
  ),
  sessionExpireDays: setting(
    "SESSION_EXPIRE_DAYS",
    "90",
    wholeNumber(1, 3650),
    "The lifetime of a session, however often it is refreshed, in days, 1 to 3650.",
  ),
  bcryptCost: setting(
    "BCRYPT_COST",
    "12",
    wholeNumber(4, 15),
    "The cost of bcrypt, 4 to 15 (10 to 15 in production). Each step doubles the time of a login. A hash with a lower cost is renewed when its owner logs in. As long as a hash has a higher one, all logins take as long as that of its owner.",
  ),
  passwordMinLength: setting(
    "PASSWORD_MIN_LENGTH",
    "8",
    wholeNumber(8, 64),
    "The minimum length of a new password, in characters (Unicode code points), 8 to 64.",
  ),
  migrateOnStart: setting(
    "MIGRATE_ON_START",
    "true",
    flag,
    "Whether the service runs new migrations when it starts: true or false.",
  ),
  loginFailuresPerAddress: setting(
    "LOGIN_FAILURES_PER_ADDRESS",
    "100",
    wholeNumber(1, 1_000_000),
    "How many wrong passwords, refresh tokens and client secrets one address may send at once, and again in each hour, 1 to 1000000. Raise it if many people share an address, such as behind the NAT of an office or a backend that logs its users in. The limit for each account does not depend on it.",
  ),
  registrationsPerAddress: setting(
    "REGISTRATIONS_PER_ADDRESS",
    "100",
    wholeNumber(1, 1_000_000),
    "How many registrations one address may try at once, and again in each hour, 1 to 1000000; and how many mails with links it may ask for.",
  ),
  redisUrl: setting(
    "REDIS_URL",
    undefined,
    redisUrl.optional(),
    "redis://USER:PASSWORD@HOST:PORT (or rediss:// for TLS) counts failed logins in Redis instead of the database. All instances must use the same. If Redis is not available, nobody can log in, but those who are logged in stay so. Default: the database.",
  ),
  registration: setting(
    "REGISTRATION",
    "open",
    z.enum(["open", "closed"], "must be open or closed"),
    "Who may register: `open` (anyone) or `closed` (nobody; `tegata users add` still adds accounts).",
  ),
  firstItem: setting(
    "FIRST_ITEM",
    undefined,
    flag.optional(),
    "Whether each account that registers starts with an item `Foo`, as the first FastAPI system shows it: true or false. Default: true if FASTAPI_PATHS is true and NODE_ENV is not production.",
  ),
  requireGrantType: setting(
    "REQUIRE_GRANT_TYPE",
    "false",
    flag,
    "Whether POST /token without grant_type is refused: true or false. With false, a request with username and password counts as the password grant.",
  ),
  passwordGrant: setting(
    "PASSWORD_GRANT",
    "first-party",
    z.enum(["first-party", "off"], "must be first-party or off"),
    "Who may exchange a password for tokens at /token: `first-party` (the typed client, and the clients that you add with the grant password) or `off` (nobody). With `off`, people log in on the pages of this service, in browsers that keep cookies; nobody logs in with the typed client, and /api/token is not served; open sessions continue. See docs/security.md.",
  ),
  fastapiPaths: setting(
    "FASTAPI_PATHS",
    "true",
    flag,
    "Whether the paths of the two FastAPI systems (/users/me, /api/token, …) are served: true or false.",
  ),
  corsOrigins: setting(
    "CORS_ORIGINS",
    undefined,
    list(origin).prefault(""),
    "The origins whose pages may call this service from a browser, comma-separated, each in full: wildcards are not supported. The origins of apps (capacitor://localhost, tauri://localhost, chrome-extension://ID) are allowed too. Pages of public clients need no entry: the origins of their redirect URIs may call. Default: only its own pages.",
  ),
  trustProxy: setting(
    "TRUST_PROXY",
    "0",
    wholeNumber(0, 10),
    "The number of reverse proxies in front of the service, 0 to 10: this many entries of X-Forwarded-For are trusted. If it is too low, all callers share the limits of one address; if it is too high, callers can choose their address.",
  ),
  mailUrl: setting(
    "MAIL_URL",
    undefined,
    mailUrlRule.optional(),
    "smtps://USER:PASSWORD@HOST:PORT, or smtp://… for STARTTLS: the mail server. User and password are URL-encoded, and can be left out. The port is 465 or 587 by default. A server on this machine needs no TLS if it needs no password; for another one without, append ?sslmode=disable, which does not go with a password. If the certificate is signed by an authority of your own, append ?ssl-ca=FILE. Without it, mails are printed and stored in .data/mail in development; in production, there are no password resets, changes of address or confirmed addresses.",
  ),
  mailFrom: setting(
    "MAIL_FROM",
    undefined,
    z.email("must be an email address").optional(),
    "The email address that mails come from. Required with MAIL_URL.",
  ),
  emailVerification: setting(
    "EMAIL_VERIFICATION",
    "off",
    z.enum(["off", "ask", "required"], "must be off, ask or required"),
    "Whether a new account must confirm its email address: `off` (optional), `ask` (it gets a mail with a link when it registers) or `required` (it cannot log in before; an attempt with the right password sends the mail again). With `required`, existing accounts must confirm theirs at their next login, too, and production needs MAIL_URL.",
  ),
  auditRetentionDays: setting(
    "AUDIT_RETENTION_DAYS",
    "365",
    wholeNumber(0, 3650),
    "How long the audit log keeps an event, in days, 0 to 3650. 0 keeps every event.",
  ),
  brandName: setting(
    "BRAND_NAME",
    "Tegata",
    brandName,
    "The name of the service on its pages and in its mails, 1 to 50 characters.",
  ),
  brandLogo: setting(
    "BRAND_LOGO",
    undefined,
    imageFile.optional(),
    "An SVG or PNG file with the logo that the pages show instead of the name. It is read at the start and served at /logo.",
  ),
  brandColor: setting(
    "BRAND_COLOR",
    undefined,
    color.optional(),
    "The color of the buttons, such as #0f6b5c. Their text is black or white, whichever is easier to read. Links have the same color, made darker or lighter where it would be hard to read.",
  ),
  logLevel: setting(
    "LOG_LEVEL",
    "info",
    z.enum(
      ["fatal", "error", "warn", "info", "debug", "trace", "silent"],
      "must be fatal, error, warn, info, debug, trace or silent",
    ),
    "What is logged: fatal, error, warn, info, debug, trace or silent. info logs a line for each request.",
  ),
} as const satisfies Record<string, Setting>;

/** The name of a setting in the environment. */
export type Key = (typeof SETTINGS)[keyof typeof SETTINGS]["key"];
/** The name of a setting in {@link Settings}. */
export type Name = keyof typeof SETTINGS;
/** Every name. */
export const NAMES = Object.keys(SETTINGS) as Name[];

/** The rule of each setting, by its name. */
const RULES = Object.fromEntries(NAMES.map((name) => [name, SETTINGS[name].rule])) as {
  [N in Name]: (typeof SETTINGS)[N]["rule"];
};

/** The rules of single settings. */
export const Rules = z.object(RULES);

/** Whether callers on other machines can reach the service: then the default issuer is not its URL. */
const isReachedFromElsewhere = ({ host, trustProxy }: { host: string; trustProxy: number }) =>
  !isLoopback(host) || trustProxy > 0;

/** The rules of single settings, and those that production adds. */
export const AllRules = Rules.superRefine((settings, context) => {
  const refuse = (name: Name, message: string) =>
    context.addIssue({ code: "custom", path: [name], message });
  if (settings.mailUrl !== undefined && settings.mailFrom === undefined)
    refuse("mailFrom", "must be set if MAIL_URL is: the address that mails come from");
  if (!settings.production) return;
  if (settings.emailVerification === "required" && settings.mailUrl === undefined)
    refuse("mailUrl", "must be set if EMAIL_VERIFICATION is required, or nobody could log in");
  if (settings.secretKeys.length === 0)
    refuse("secretKeys", `must be set in production; ${MAKE_A_SECRET}`);
  if (settings.issuer === undefined && isReachedFromElsewhere(settings))
    refuse(
      "issuer",
      "must be set in production if HOST is not a loopback address or TRUST_PROXY is not 0: it is the https URL at which callers reach this service",
    );
  // The rule of the setting already rejects an invalid URL.
  const url = URL.canParse(settings.issuer ?? "") ? new URL(settings.issuer ?? "") : undefined;
  if (url?.protocol === "http:" && !isLoopback(url.hostname))
    refuse("issuer", "must be an https URL in production (RFC 8414 section 2)");
  if (settings.bcryptCost < 10) refuse("bcryptCost", "must be at least 10 in production");
});

/** The rules for Tegata in another application: its server listens elsewhere than HOST and PORT say. */
export const EmbeddedRules = AllRules.superRefine((settings, context) => {
  const { production, issuer } = settings;
  if (!production || issuer !== undefined || isReachedFromElsewhere(settings)) return;
  const message =
    "must be set in production: it is the https URL at which callers reach Tegata, with its path";
  context.addIssue({ code: "custom", path: ["issuer"], message });
});

/** What a deployment decides; each setting is explained in {@link SETTINGS}. */
export type Settings = Readonly<
  z.output<typeof AllRules> & { issuer: string; audience: string; firstItem: boolean }
>;
