/**
 * What identifies a person: the rules for emails, usernames and full names, the one form each is stored in, and the keys
 * that usernames are found by. Registering, logging in and looking up all read what a person typed here.
 */
import { domainToASCII } from "node:url";
import { z } from "zod";
import { type FieldErrorCode, failsAs } from "./field-errors.ts";
import { mixesScripts } from "./scripts.ts";

/**
 * Unicode's white space, and the byte order mark, which JavaScript counts as white space. The lookbehind keeps a long run
 * of it inside a text from being searched once per character.
 */
const WHITE_SPACE_AT_ENDS =
  /^[\p{White_Space}\uFEFF]+|(?<![\p{White_Space}\uFEFF])[\p{White_Space}\uFEFF]+$/gu;

const trim = (text: string) => text.replace(WHITE_SPACE_AT_ENDS, "");

/** Turns full-width ASCII (U+FF01 to U+FF5E), as Japanese keyboards type it, into ASCII, and nothing else. */
const narrow = (text: string) =>
  text.replace(/[\uFF01-\uFF5E]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0));

/** What an email field of a browser accepts before the @ (HTML Standard, "valid email address"). */
const LOCAL = /^[\w.!#$%&'*+/=?^`{|}~-]+$/;
const DOMAIN = /^[a-z\d]([a-z\d-]{0,61}[a-z\d])?(\.[a-z\d]([a-z\d-]{0,61}[a-z\d])?)*$/;

/** RFC 5321 section 4.5.3.1.1. */
const MAX_LOCAL = 64;
/** RFC 5321 section 4.5.3.1.3, without the angle brackets. */
const MAX_EMAIL = 254;

/**
 * A domain in lowercase ASCII, by UTS 46 if it is not ASCII; undefined if it is not a domain. `domainToASCII` reads its
 * argument like the host of a URL: it would decode `%41`, cut at a slash, and take numbers for an IPv4 address.
 */
function asciiDomain(domain: string): string | undefined {
  if (/[^a-z\d.\x80-\uffff-]/i.test(domain)) return undefined;
  const isAscii = !/[^\0-\x7f]/.test(domain);
  const ascii = isAscii ? domain.toLowerCase() : domainToASCII(domain);
  if (!isAscii && /(^|\.)\d+$/.test(ascii)) return undefined;
  return DOMAIN.test(ascii) ? ascii : undefined;
}

/** @param typed trimmed, and without full-width ASCII */
function parseEmail(typed: string): string | { code: FieldErrorCode; limit?: number } {
  const at = typed.lastIndexOf("@");
  const local = typed.slice(0, at);
  if (at === -1) return { code: "invalid_email" };
  if (at === 0) return { code: "email_local_missing" };
  if (/[^\0-\x7f]/.test(local)) return { code: "email_local_not_ascii" };
  if (!LOCAL.test(local)) return { code: "email_local_invalid" };
  if (local.length > MAX_LOCAL) return { code: "email_local_too_long", limit: MAX_LOCAL };
  const domain = asciiDomain(typed.slice(at + 1));
  if (domain === undefined) return { code: "email_domain_invalid" };
  const email = `${local.toLowerCase()}@${domain}`;
  return email.length > MAX_EMAIL ? { code: "too_long", limit: MAX_EMAIL } : email;
}

/** An email as it is stored: ASCII in lowercase, with a non-ASCII domain in Punycode. */
export const Email = z
  .string()
  .overwrite((typed) => trim(narrow(typed)))
  .max(MAX_EMAIL)
  .transform((typed, context) => {
    const email = parseEmail(typed);
    if (typeof email === "string") return email;
    context.addIssue({ code: "custom", ...failsAs(email.code, email.limit) });
    return z.NEVER;
  });

/** In UTF-16 units; each is at most four bytes, so that a name fits its column. */
const MAX_NAME = 200;

/** Some database engines ignore trailing spaces, others do not. */
const Trimmed = z.string().overwrite(trim);

const nameIn = (text: z.ZodString) =>
  text
    .max(MAX_NAME)
    // Characters without a composed form grow when they are normalized.
    .transform((value) => value.normalize("NFC"))
    .pipe(z.string().max(MAX_NAME))
    .refine(
      (value) => value.isWellFormed() && !/[\p{Cc}\p{Bidi_Control}\uFFFD]/u.test(value),
      failsAs("control_character"),
    )
    .refine(
      (value) => value === "" || /[\p{L}\p{N}\p{S}]/u.test(value),
      failsAs("no_visible_character"),
    );

/**
 * A name to log in with, shown as it was typed. It contains no `@`, so that it cannot be confused with an email. The rules
 * apply to new names only: an account keeps a name that was allowed when it was chosen.
 */
export const Username = nameIn(Trimmed.min(1))
  .refine((value) => !narrow(value).includes("@"), failsAs("at_sign"))
  .refine((value) => /[\p{L}\p{N}]/u.test(value), failsAs("no_letter_or_digit"))
  .refine(
    (value) => !/[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u.test(value),
    failsAs("invisible_character"),
  )
  .refine((value) => !mixesScripts(value), failsAs("mixed_scripts"));

/** The name of a person to display; undefined if it is blank. */
export const FullName = nameIn(Trimmed).transform((name) => name || undefined);

/** The name of a thing to display. */
export const Title = nameIn(Trimmed.min(1));

/**
 * One code point without its case: by its uppercase form, so that both Greek sigmas are one, and the Turkish dotless i is
 * an i. A character with a longer uppercase form (ß, the ligature ﬁ) stays.
 */
function foldCase(character: string): string {
  const upper = character.toUpperCase();
  return ([...upper].length === 1 ? upper : character).toLowerCase();
}

/** The keys that a username may be found by. */
export interface UsernameKeys {
  /** Without case and width: `Haruka`, `haruka` and `ＨＡＲＵＫＡ` have the same. */
  folded: string;
  /** With them. It begins with an `@`, which no `folded` key contains. */
  exact: string;
}

/** The keys of a username, as it is stored or typed. Folding a folded key changes nothing. */
export function usernameKeys(username: string): UsernameKeys {
  const composed = username.normalize("NFC");
  // An old name may contain a full-width @.
  const narrowed = narrow(composed).replaceAll("@", "\uFF20").normalize("NFC");
  const folded = Array.from(narrowed, foldCase).join("").normalize("NFC");
  // What is left of the Turkish dotted capital I.
  return { folded: folded.replaceAll("i\u0307", "i"), exact: `@${composed}` };
}

/** What a person typed to identify themselves, in one form for all spellings, whether or not any account can have it. */
export function loginName(login: string): string {
  const parsed = parseLogin(login);
  if (parsed === undefined) return login;
  return "email" in parsed ? parsed.email : parsed.folded;
}

/** What a person typed to identify themselves, as it is looked up; undefined when no account can have it. */
export function parseLogin(login: string): { email: string } | UsernameKeys | undefined {
  const email = Email.safeParse(login);
  if (email.success) return { email: email.data };
  const username = trim(login);
  // Nothing else is refused: the rules for usernames may have been different when this one was chosen.
  if (username.length > MAX_NAME || /[@\p{Cc}\p{Cs}]/u.test(username)) return undefined;
  return usernameKeys(username);
}
