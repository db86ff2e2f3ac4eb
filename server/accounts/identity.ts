/** The rules for emails, usernames and full names, and the normalized form in which each is stored. */
import { z } from "zod";
import { failsAs } from "./field-errors.ts";

const LOCAL = /^[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*$/;
const DOMAIN = /^[a-z\d]([a-z\d-]{0,61}[a-z\d])?(\.[a-z\d]([a-z\d-]{0,61}[a-z\d])?)*$/i;

/**
 * An ASCII addr-spec (RFC 5321 section 4.1.2 without quoted strings and address literals) of at most 254 characters, in
 * lower case. It is checked before it is lower-cased: `"\u212A".toLowerCase()` is an ASCII k.
 */
export const Email = z
  .string()
  .max(254)
  .refine((value) => {
    const at = value.lastIndexOf("@");
    return at > 0 && at <= 64 && LOCAL.test(value.slice(0, at)) && DOMAIN.test(value.slice(at + 1));
  }, failsAs("invalid_email"))
  .transform((value) => value.toLowerCase());

/** In UTF-16 units; each is at most four bytes, so that a name fits its column. */
const MAX_NAME = 200;

const name = z
  .string()
  .min(1)
  .max(MAX_NAME)
  // Characters without a composed form grow when they are normalized.
  .transform((value) => value.normalize("NFC"))
  .pipe(z.string().max(MAX_NAME))
  .refine(
    (value) => value.isWellFormed() && !/[\p{Cc}\p{Bidi_Control}\uFFFD]/u.test(value),
    failsAs("control_character"),
  )
  // Some database engines ignore trailing spaces, others do not.
  .refine((value) => value === value.trim(), failsAs("surrounding_whitespace"))
  .refine((value) => /[\p{L}\p{N}\p{S}]/u.test(value), failsAs("no_visible_character"));

/** A name to log in with. It must not contain `@`, so that it cannot be confused with an email. */
export const Username = name
  .refine((value) => !value.includes("@"), failsAs("at_sign"))
  .refine((value) => /[\p{L}\p{N}]/u.test(value), failsAs("no_letter_or_digit"))
  .refine(
    (value) => !/[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u.test(value),
    failsAs("invisible_character"),
  );

/** A name to display. */
export const FullName = name;

/** Normalizes an email or username as a user typed it. @returns undefined if no account can have it */
export function parseLogin(login: string): { email: string } | { username: string } | undefined {
  if (login.includes("@")) {
    const email = Email.safeParse(login);
    return email.success ? { email: email.data } : undefined;
  }
  const username = Username.safeParse(login);
  return username.success ? { username: username.data } : undefined;
}
