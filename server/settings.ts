/** The settings of the process: the only reader of the environment. */
import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { z } from "zod";

/** What a deployment decides. Every key is explained in `.env.example`. */
export interface Settings {
  readonly production: boolean;
  readonly port: number;
  readonly host: string;
  readonly databaseUrl: string;
  /** The first signs, all verify. Empty outside production when `SECRET_KEY` is not set: one is then generated and kept. */
  readonly secretKeys: readonly string[];
  /** PEM files with signing keys, in place of the one that is derived from the secret. */
  readonly signingKeyFiles: readonly string[];
  /** The `iss` of our tokens, exact to the character. */
  readonly issuer: string;
  /** The `aud` of our tokens. */
  readonly audience: string;
  readonly accessTokenExpireMinutes: number;
  /** How long a refresh token may lie unused. */
  readonly refreshTokenExpireDays: number;
  /** How long after it was used a refresh token is answered with the same child again; 0: never. */
  readonly refreshGraceSeconds: number;
  /** How long a session lives, however often it is refreshed. */
  readonly sessionExpireDays: number;
  readonly bcryptCost: number;
  /** In code points. */
  readonly passwordMinLength: number;
  readonly migrateOnStart: boolean;
  readonly requireGrantType: boolean;
  /** Whether the paths of the two FastAPI systems are served. */
  readonly fastapiPaths: boolean;
  /** The origins whose pages may call us, exactly; none by default. */
  readonly corsOrigins: readonly string[];
  /** How many reverse proxies stand in front: only so many entries of X-Forwarded-For are believed. */
  readonly trustProxy: number;
  readonly logLevel: (typeof LOG_LEVELS)[number];
}

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
const DEFAULT_DATABASE_URL = "file:.data/tegata.db";
const MAKE_A_SECRET =
  "make one with: node -e \"console.log(require('crypto').randomBytes(32).toString('base64url'))\"";

/** Published in tutorials and samples: everyone who can read knows them. */
const PUBLISHED_SECRETS: ReadonlySet<string> = new Set([
  "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
]);

const wholeNumber = (from: number, to: number) => {
  const message = `must be a whole number from ${from} to ${to}`;
  return z
    .string()
    .regex(/^\d+$/, message)
    .transform(Number)
    .pipe(z.number().min(from, message).max(to, message));
};
const list = (value: string) => value.split(",").map((item) => item.trim());
const flag = z
  .enum(["true", "false"], "must be true or false")
  .transform((value) => value === "true");

function isReadableUrl(value: string): boolean {
  try {
    decodeURIComponent(value);
    return value.startsWith("file:") || URL.canParse(value);
  } catch (error) {
    if (error instanceof URIError) return false;
    throw error;
  }
}

/** What a browser sends as Origin: never `null` and never a pattern. */
const origin = z
  .string()
  .refine(
    (value) => /^https?:/.test(value) && URL.canParse(value) && new URL(value).origin === value,
    "must be origins such as https://app.example.com, by commas, without a path or a slash at the end",
  );

const secret = z
  .string()
  .refine((value) => Buffer.byteLength(value) >= 32, {
    message: `must be at least 32 bytes long; ${MAKE_A_SECRET}`,
    abort: true,
  })
  .refine((value) => !PUBLISHED_SECRETS.has(value) && new Set(value).size >= 8, {
    message: `is a sample that everyone can read or guess; ${MAKE_A_SECRET}`,
  });

const Environment = z
  .object({
    NODE_ENV: z.string().trim().toLowerCase().default("development"),
    PORT: wholeNumber(0, 65535).default(3000),
    HOST: z.string().default("127.0.0.1"),
    DATABASE_URL: z
      .string()
      .regex(/^(file:.+|mysql:\/\/[^/]+\/[^/?]+.*)$/, {
        error: "must be file:PATH or mysql://USER:PASSWORD@HOST:PORT/DATABASE",
        abort: true,
      })
      .refine(
        isReadableUrl,
        "must be a URL: write % # ? and / in a name or password as %25 %23 %3F %2F",
      )
      .refine(
        (value) => !/[?&]ssl-?mode=/i.test(value),
        'knows no ssl-mode: write ssl={"rejectUnauthorized":true}',
      )
      .default(DEFAULT_DATABASE_URL),
    SECRET_KEY: z.string().transform(list).pipe(z.array(secret)).default([]),
    SIGNING_KEY_FILES: z.string().transform(list).default([]),
    ISSUER: z
      .url({ protocol: /^https?$/, error: "must be an http or https URL" })
      .refine(
        (value) => !/[?#]/.test(value),
        "must have no query and no fragment (RFC 8414 section 2)",
      )
      .optional(),
    AUDIENCE: z.string().optional(),
    ACCESS_TOKEN_EXPIRE_MINUTES: wholeNumber(1, 1440).default(30),
    REFRESH_TOKEN_EXPIRE_DAYS: wholeNumber(1, 365).default(30),
    REFRESH_GRACE_SECONDS: wholeNumber(0, 60).default(10),
    SESSION_EXPIRE_DAYS: wholeNumber(1, 3650).default(90),
    BCRYPT_COST: wholeNumber(4, 15).default(12),
    PASSWORD_MIN_LENGTH: wholeNumber(8, 64).default(8),
    MIGRATE_ON_START: flag.default(true),
    REQUIRE_GRANT_TYPE: flag.default(false),
    FASTAPI_PATHS: flag.default(true),
    CORS_ORIGINS: z.string().transform(list).pipe(z.array(origin)).default([]),
    TRUST_PROXY: wholeNumber(0, 10).default(0),
    LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(", ")}`).default("info"),
  })
  .superRefine((env, context) => {
    if (env.NODE_ENV !== "production") return;
    const refuse = (key: string, message: string) =>
      context.addIssue({ code: "custom", path: [key], message });
    if (env.SECRET_KEY.length === 0)
      refuse("SECRET_KEY", `must be set in production; ${MAKE_A_SECRET}`);
    const { protocol, hostname } = new URL(env.ISSUER ?? "http://localhost");
    if (protocol === "http:" && !/^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname))
      refuse("ISSUER", "must be an https URL in production (RFC 8414 section 2)");
    if (env.BCRYPT_COST < 10) refuse("BCRYPT_COST", "must be at least 10 in production");
  });

/** The environment with the `.env` of the working directory below it; a key that is set to nothing is not set. */
function readEnvironment(): Record<string, string> {
  const set = (env: NodeJS.Dict<string>) =>
    Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1]?.trim()));
  const file = existsSync(".env")
    ? parseEnv(readFileSync(".env", "utf8").replace(/^\uFEFF/, ""))
    : {};
  return Object.fromEntries([...set(file), ...set(process.env)]);
}

/** Where the database is, for tools that need nothing else. */
export function databaseUrl(env = readEnvironment()): string {
  return env["DATABASE_URL"] ?? DEFAULT_DATABASE_URL;
}

/**
 * Reads and checks the settings, all of them at once.
 * @returns the frozen settings, or for each key that is wrong a line that names it and how to mend it. A line never
 * repeats the value: it may be a secret.
 */
export function loadSettings(
  env = readEnvironment(),
): { is: "settings"; settings: Settings } | { is: "wrong"; problems: string[] } {
  const parsed = Environment.safeParse(env);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path, message }) => `${String(path[0])}: ${message}`,
    );
    return { is: "wrong", problems: [...new Set(problems)] };
  }
  const { data } = parsed;
  const issuer = data.ISSUER ?? `http://127.0.0.1:${data.PORT}`;
  const settings: Settings = {
    production: data.NODE_ENV === "production",
    port: data.PORT,
    host: data.HOST,
    databaseUrl: data.DATABASE_URL,
    secretKeys: data.SECRET_KEY,
    signingKeyFiles: data.SIGNING_KEY_FILES,
    issuer,
    audience: data.AUDIENCE ?? issuer,
    accessTokenExpireMinutes: data.ACCESS_TOKEN_EXPIRE_MINUTES,
    refreshTokenExpireDays: data.REFRESH_TOKEN_EXPIRE_DAYS,
    refreshGraceSeconds: data.REFRESH_GRACE_SECONDS,
    sessionExpireDays: data.SESSION_EXPIRE_DAYS,
    bcryptCost: data.BCRYPT_COST,
    passwordMinLength: data.PASSWORD_MIN_LENGTH,
    migrateOnStart: data.MIGRATE_ON_START,
    requireGrantType: data.REQUIRE_GRANT_TYPE,
    fastapiPaths: data.FASTAPI_PATHS,
    corsOrigins: data.CORS_ORIGINS,
    trustProxy: data.TRUST_PROXY,
    logLevel: data.LOG_LEVEL,
  };
  return { is: "settings", settings: Object.freeze(settings) };
}
