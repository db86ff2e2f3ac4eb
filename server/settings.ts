/** The settings of the process: the only reader of the environment. */
import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { z } from "zod";
import {
  databaseUrlRule,
  flag,
  issuer,
  list,
  MAKE_A_SECRET,
  origin,
  secret,
  text,
  wholeNumber,
} from "./setting-rules.ts";

/** One setting. */
export interface Setting {
  /** Its name in the environment. */
  key: string;
  /** As it would be written there; undefined when there is none, and the sentence says what happens then. */
  default: string | undefined;
  rule: z.ZodType;
  /** What it is for, and what it can be. */
  sentence: string;
}

const setting = <Rule extends z.ZodType, Default extends string | undefined>(
  key: string,
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
    "`production` refuses to start without SECRET_KEY, with an http ISSUER or with a BCRYPT_COST below 10. Any other value does not.",
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
  keepAliveSeconds: setting(
    "KEEP_ALIVE_SECONDS",
    "75",
    wholeNumber(1, 3600),
    "How long an idle connection stays open, in seconds, 1 to 3600. It must be longer than the idle time of the proxy or load balancer in front (nginx and AWS: 60, Google Cloud: 600), or the proxy sends requests on connections that are just being closed.",
  ),
  databaseUrl: setting(
    "DATABASE_URL",
    "file:.data/tegata.db",
    databaseUrlRule,
    "file:PATH for SQLite (the file is created if it is missing), or mysql://USER:PASSWORD@HOST:PORT/DATABASE for MySQL and MariaDB. User and password are URL-encoded: write an @ in a password as %40.",
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
    list(text).prefault(""),
    "PEM files with private signing keys, comma-separated, used instead of the ES256 key derived from SECRET_KEY. RSA with at least 2048 bits signs with RS256, P-256 with ES256, Ed25519 with EdDSA. The first signs, all verify.",
  ),
  issuer: setting(
    "ISSUER",
    undefined,
    issuer.optional(),
    "The `iss` of the tokens: the http or https URL at which callers reach this service, without query and fragment. If it is https, HSTS is sent. Default: http://127.0.0.1:PORT, with the real port if PORT is 0.",
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
    "10",
    wholeNumber(0, 60),
    "How long a used refresh token is answered with the same successor again, in seconds, 0 to 60, so that a lost response logs nobody out. Used later than that, it counts as stolen and its session ends.",
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
    "The cost of bcrypt, 4 to 15 (10 to 15 in production). Each step doubles the time of a login. A hash with a lower cost is renewed when its owner logs in.",
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
  requireGrantType: setting(
    "REQUIRE_GRANT_TYPE",
    "false",
    flag,
    "Whether POST /token without grant_type is refused: true or false. With false, a request with username and password counts as the password grant.",
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
    "The origins whose pages may call this service from a browser, comma-separated, each in full: wildcards are not supported. The origins of apps (capacitor://localhost, tauri://localhost, chrome-extension://ID) are allowed too. Default: only its own pages.",
  ),
  trustProxy: setting(
    "TRUST_PROXY",
    "0",
    wholeNumber(0, 10),
    "The number of reverse proxies in front of the service, 0 to 10: this many entries of X-Forwarded-For are trusted.",
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

type Name = keyof typeof SETTINGS;
const NAMES = Object.keys(SETTINGS) as Name[];

/** The rule of each setting, by its name. */
const RULES = Object.fromEntries(NAMES.map((name) => [name, SETTINGS[name].rule])) as {
  [N in Name]: (typeof SETTINGS)[N]["rule"];
};

const Rules = z.object(RULES).superRefine((settings, context) => {
  if (!settings.production) return;
  const refuse = (name: Name, message: string) =>
    context.addIssue({ code: "custom", path: [name], message });
  if (settings.secretKeys.length === 0)
    refuse("secretKeys", `must be set in production; ${MAKE_A_SECRET}`);
  const { protocol, hostname } = new URL(settings.issuer ?? "http://localhost");
  if (protocol === "http:" && !/^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname))
    refuse("issuer", "must be an https URL in production (RFC 8414 section 2)");
  if (settings.bcryptCost < 10) refuse("bcryptCost", "must be at least 10 in production");
});

/** What a deployment decides; each setting is explained in {@link SETTINGS}. */
export type Settings = Readonly<z.output<typeof Rules> & { issuer: string; audience: string }>;

const defaultIssuer = (port: number) => `http://127.0.0.1:${port}`;

/** The settings of a service that listens on this port: with PORT=0, the default issuer is known only then. */
export function onPort(settings: Settings, port: number): Settings {
  if (settings.port === port || settings.issuer !== defaultIssuer(settings.port)) return settings;
  const issuer = defaultIssuer(port);
  const audience = settings.audience === settings.issuer ? issuer : settings.audience;
  return Object.freeze({ ...settings, issuer, audience });
}

/** The environment, with the `.env` of the working directory below it. A key with an empty value is not set. */
function readEnvironment(): Record<string, string> {
  const set = (env: NodeJS.Dict<string>) =>
    Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1]?.trim()));
  const file = existsSync(".env")
    ? parseEnv(readFileSync(".env", "utf8").replace(/^\uFEFF/, ""))
    : {};
  return Object.fromEntries([...set(file), ...set(process.env)]);
}

/** The URL of the database, for tools that need nothing else. */
export function databaseUrl(env = readEnvironment()): string {
  return env[SETTINGS.databaseUrl.key] ?? SETTINGS.databaseUrl.default;
}

/**
 * Reads and checks all settings at once.
 * @returns the frozen settings, or a line for each invalid setting that names its key and how to fix it. A line never
 * repeats the value, which may be a secret.
 */
export function loadSettings(
  env = readEnvironment(),
): { is: "settings"; settings: Settings } | { is: "invalid"; problems: string[] } {
  const parsed = Rules.safeParse(
    Object.fromEntries(
      NAMES.map((name) => [name, env[SETTINGS[name].key] ?? SETTINGS[name].default]),
    ),
  );
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path, message }) => `${SETTINGS[path[0] as Name].key}: ${message}`,
    );
    return { is: "invalid", problems: [...new Set(problems)] };
  }
  const issuer = parsed.data.issuer ?? defaultIssuer(parsed.data.port);
  const audience = parsed.data.audience ?? issuer;
  return { is: "settings", settings: Object.freeze({ ...parsed.data, issuer, audience }) };
}
