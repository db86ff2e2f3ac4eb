/** The rules that settings are checked by. A message never repeats the value, which may be a secret. */
import { z } from "zod";

/** How to make a secret, for people. */
export const MAKE_A_SECRET =
  "make one with: node -e \"console.log(require('crypto').randomBytes(32).toString('base64url'))\"";

/** Published in tutorials and samples: everyone knows them. */
const PUBLISHED_SECRETS: ReadonlySet<string> = new Set([
  "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
]);

/** Any text. */
export const text = z.string();
/** A choice. */
export const flag = z
  .enum(["true", "false"], "must be true or false")
  .transform((value) => value === "true");

/** A whole number in decimal digits, between two bounds. */
export const wholeNumber = (from: number, to: number) => {
  const message = `must be a whole number from ${from} to ${to}`;
  return z
    .string()
    .regex(/^\d+$/, message)
    .transform(Number)
    .pipe(z.number().min(from, message).max(to, message));
};

/** Comma-separated items; none when it is empty. */
export const list = (item: z.ZodType<string, string>) =>
  text
    .transform((value) => (value === "" ? [] : value.split(",").map((part) => part.trim())))
    .pipe(z.array(item))
    .readonly();

function isReadableUrl(value: string): boolean {
  try {
    decodeURIComponent(value);
    return value.startsWith("file:") || URL.canParse(value);
  } catch (error) {
    if (error instanceof URIError) return false;
    throw error;
  }
}

/** The URL of a database, with everything in it readable. */
export const databaseUrlRule = text
  .regex(/^(file:.+|mysql:\/\/[^/]+\/[^/?]+.*)$/, {
    error: "must be file:PATH or mysql://USER:PASSWORD@HOST:PORT/DATABASE",
    abort: true,
  })
  .refine(
    isReadableUrl,
    "must be a URL: in a name or password, write % # ? and / as %25 %23 %3F %2F",
  )
  .refine(
    (value) => !/[?&]ssl-?mode=/i.test(value),
    'ssl-mode is not supported: use ssl={"rejectUnauthorized":true}',
  );

/** Schemes whose pages have no origin or another one, and `http` or `https` with a letter too many or too few. */
const NO_ORIGIN = /^(file|ftp|wss?|blob|data|about|javascript|(?!https?:)[htps]+):/;

/** Whether it is written as browsers write it. For the scheme of an app, `URL` has no origin. */
const isOrigin = (value: string): boolean =>
  /^https?:/.test(value)
    ? URL.canParse(value) && new URL(value).origin === value
    : /^[a-z][a-z\d+.-]*:\/\/[a-z\d.-]+(:\d+)?$/.test(value) && !NO_ORIGIN.test(value);

/** What a browser, or the web view of an app, sends as Origin: never `null`, never a pattern. */
export const origin = text
  .refine((value) => !value.includes("*"), {
    message: "must not contain *: list every origin; wildcards are not supported",
    abort: true,
  })
  .refine(
    isOrigin,
    "must be comma-separated origins such as https://app.example.com or capacitor://localhost, in lower case, without a path, a slash at the end or a default port",
  );

/** A secret that keys can be derived from. */
export const secret = text
  .refine((value) => Buffer.byteLength(value) >= 32, {
    message: `must be at least 32 bytes long; ${MAKE_A_SECRET}`,
    abort: true,
  })
  .refine((value) => !PUBLISHED_SECRETS.has(value) && new Set(value).size >= 8, {
    message: `is a published or easily guessed sample; ${MAKE_A_SECRET}`,
  });

/** The identifier of an authorization server (RFC 8414 section 2). */
export const issuer = z
  .url({ protocol: /^https?$/, error: "must be an http or https URL" })
  .refine(
    (value) => !/[?#]/.test(value),
    "must not have a query or a fragment (RFC 8414 section 2)",
  );
