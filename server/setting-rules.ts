/** The rules that settings are checked by. A message never repeats the value, which may be a secret. */
import { z } from "zod";
import { readMysqlUrl } from "../db/mysql-url.ts";
import { readMailUrl } from "./mail/mail-url.ts";

/** How to make a secret, for people. */
export const MAKE_A_SECRET =
  "make one with: node -e \"console.log(require('crypto').randomBytes(32).toString('base64url'))\"";

/** Published in tutorials and samples: everyone knows them. */
const PUBLISHED_SECRETS: ReadonlySet<string> = new Set([
  "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
]);

/** Any text. */
export const text = z.string();
/** The name of a file with a key: an error names the file, and must not repeat a key. */
export const keyFile = text.refine(
  (value) => !value.includes("-----BEGIN"),
  "must be names of files, not the keys themselves",
);
/** A name for people. */
export const brandName = text
  .transform((value) => value.trim())
  .refine(
    (value) => /^[^\p{Cc}\p{Cs}]{1,50}$/u.test(value),
    "must be 1 to 50 characters, without control characters",
  );
/** The name of a file with an image. */
export const imageFile = text.regex(/\.(svg|png)$/i, "must be the name of an .svg or .png file");
/** A color as in CSS. */
export const color = text.regex(
  /^#[\da-f]{6}$/i,
  "must be a color of six hexadecimal digits, such as #0f6b5c",
);
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

/** The URL of a database, with everything in it understood. */
export const databaseUrlRule = text.superRefine((value, context) => {
  const message = value.startsWith("file:") ? fileUrlProblem(value) : mysqlUrlProblem(value);
  if (message !== undefined) context.addIssue({ code: "custom", message });
});

function mysqlUrlProblem(value: string): string | undefined {
  const read = readMysqlUrl(value);
  return read.is === "invalid" ? read.message : undefined;
}

function fileUrlProblem(value: string): string | undefined {
  if (value === "file:") return "must name a file, as in file:.data/tegata.db";
  if (/[?#]/.test(value))
    return "a file: URL takes no parameters; write ? and # in a path as %3F %23";
  try {
    decodeURIComponent(value);
    return undefined;
  } catch (error) {
    if (error instanceof URIError) return "must be a URL: in a path, write % as %25";
    throw error;
  }
}

/** The URL of a mail server, with everything in it understood. */
export const mailUrlRule = text.superRefine((value, context) => {
  const read = readMailUrl(value);
  if (read.is === "invalid") context.addIssue({ code: "custom", message: read.message });
});

/** The URL of a Redis server. */
export const redisUrl = z.url({ protocol: /^rediss?$/, error: "must be a redis or rediss URL" });

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

/** Whether a host is a loopback address. An IPv6 address can be in brackets, as in a URL. */
export const isLoopback = (host: string): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(host);
