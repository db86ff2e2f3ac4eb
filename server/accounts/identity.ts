/** What names a person: the rules for emails, usernames and full names, and the one form each is stored in. */
import { z } from "zod";

const LOCAL = /^[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*$/;
const DOMAIN = /^[a-z\d]([a-z\d-]{0,61}[a-z\d])?(\.[a-z\d]([a-z\d-]{0,61}[a-z\d])?)*$/i;

/**
 * An ASCII addr-spec (RFC 5321 section 4.1.2 without quoted strings and address literals) of at most 254 characters, in
 * lower case. It is checked before it is folded: `"\u212A".toLowerCase()` is an ASCII k.
 */
export const Email = z
  .string()
  .max(254, "must be at most 254 characters long")
  .refine((value) => {
    const at = value.lastIndexOf("@");
    return at > 0 && at <= 64 && LOCAL.test(value.slice(0, at)) && DOMAIN.test(value.slice(at + 1));
  }, "must be an email address of plain ASCII characters")
  .transform((value) => value.toLowerCase());

/** At most as many UTF-16 units; each is at most four bytes, so that it fits its column. */
const MAX_NAME = 200;

const name = z
  .string()
  .min(1, "must not be empty")
  .max(MAX_NAME, `must be at most ${MAX_NAME} characters long`)
  // Characters without a composed form grow when they are normalised.
  .transform((value) => value.normalize("NFC"))
  .refine((value) => value.length <= MAX_NAME, `must be at most ${MAX_NAME} characters long`)
  .refine(
    (value) => value.isWellFormed() && !/[\p{Cc}\p{Bidi_Control}\uFFFD]/u.test(value),
    "must not hold control characters",
  )
  // What one engine ignores at the end, another does not.
  .refine((value) => value === value.trim(), "must not begin or end with white space")
  .refine((value) => /[\p{L}\p{N}\p{S}]/u.test(value), "must hold something to be seen");

/** A name to log in by. It holds no `@`, so that it is never taken for an email. */
export const Username = name
  .refine((value) => !value.includes("@"), "must not hold an @")
  .refine((value) => /[\p{L}\p{N}]/u.test(value), "must hold a letter or a digit")
  .refine(
    (value) => !/[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u.test(value),
    "must not hold invisible characters",
  );

/** A name to be called by. */
export const FullName = name;

/** What a person typed to say who they are, in the form it would be stored in; undefined when nobody can be called that. */
export function parseLogin(login: string): { email: string } | { username: string } | undefined {
  if (login.includes("@")) {
    const email = Email.safeParse(login);
    return email.success ? { email: email.data } : undefined;
  }
  const username = Username.safeParse(login);
  return username.success ? { username: username.data } : undefined;
}
