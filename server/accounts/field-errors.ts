/** The errors of input fields: a stable code for programs and a sentence for people. */
import type { z } from "zod";

/** Every code, with its sentence. The sentence follows the name of the field and never repeats its value. */
const SENTENCES = {
  required: () => "is required",
  invalid_type: () => "has the wrong type",
  invalid_value: () => "has an invalid value",
  unknown_field: () => "is not a known field",
  too_short: (limit) =>
    limit === 1 ? "must not be empty" : `must be at least ${limit} characters long`,
  too_long: (limit) => `must be at most ${limit} characters long`,
  too_many_bytes: (limit) => `must be at most ${limit} bytes long in UTF-8`,
  too_common: () => "must not be a common password, even with a few digits or symbols at its end",
  too_simple: () => "must not be a repetition or a row of keys",
  contains_email: (limit) => `must have at least ${limit} characters besides those of the email`,
  contains_username: (limit) =>
    `must have at least ${limit} characters besides those of the username`,
  contains_full_name: (limit) =>
    `must have at least ${limit} characters besides those of the full name`,
  contains_service_name: (limit) =>
    `must have at least ${limit} characters besides those of this service's name`,
  too_small: (limit) => `must be at least ${limit}`,
  too_large: (limit) => `must be at most ${limit}`,
  invalid_email: () => "must be an email address, with an @",
  email_local_missing: () => "must have a name before the @",
  email_local_not_ascii: () =>
    "must have only unaccented Latin letters, digits and ASCII symbols before the @",
  email_local_invalid: () => "has a character before the @ that an email address cannot have",
  email_local_too_long: (limit) => `must have at most ${limit} characters before the @`,
  email_domain_invalid: () => "must have a valid domain after the @",
  control_character: () => "must not contain control characters",
  invisible_character: () => "must not contain invisible characters",
  nul_character: () => "must not contain a NUL character",
  at_sign: () => "must not contain @",
  invalid_unicode: () => "must be valid Unicode",
  no_visible_character: () => "must contain a visible character",
  no_letter_or_digit: () => "must contain a letter or a digit",
  mixed_scripts: () => "must not mix alphabets, such as Latin and Cyrillic letters",
  taken: () => "is already in use",
  incorrect: () => "is incorrect",
} as const satisfies Record<string, (limit: number | undefined) => string>;

/** The code of a field error, for programs. */
export type FieldErrorCode = keyof typeof SENTENCES;

/** Every code. */
export const FIELD_ERROR_CODES = Object.keys(SENTENCES) as [FieldErrorCode, ...FieldErrorCode[]];

/** An error of one field. */
export interface FieldError {
  code: FieldErrorCode;
  /** For people; follows the name of the field. */
  message: string;
  /** The limit that was exceeded. Its unit depends on the code: characters, bytes or a number. */
  limit?: number;
}

/** The errors of an input, by field. */
export type FieldErrors = Record<string, FieldError>;

/** @param limit for the codes that have one */
export function fieldError(code: FieldErrorCode, limit?: number): FieldError {
  return { code, message: SENTENCES[code](limit), ...(limit !== undefined && { limit }) };
}

/** The second argument of a schema's `refine`: the error of a value that fails the check. @param limit as for `fieldError` */
export const failsAs = (code: FieldErrorCode, limit?: number) => ({ params: { code, limit } });

/** The errors that a schema found, by field. A value that is not an object is reported as `input`. */
export function inputErrorsOf({ issues }: z.ZodError): FieldErrors {
  const errors = new Map<string, FieldError>();
  const report = (field: string, error: FieldError) => {
    // The first error of a field is the one to fix first.
    if (!errors.has(field)) errors.set(field, error);
  };
  for (const issue of issues) {
    if (issue.code === "unrecognized_keys")
      // The caller chose these names, so only a few are repeated, and they are truncated.
      for (const key of issue.keys.slice(0, 5))
        report(key.slice(0, 50), fieldError("unknown_field"));
    else report(issue.path.map(String).join(".") || "input", errorOf(issue));
  }
  return Object.fromEntries(errors);
}

function errorOf(issue: z.core.$ZodIssue): FieldError {
  switch (issue.code) {
    case "invalid_type":
      // Zod omits the value from an issue, because it may be a secret. Only its message says that it was missing.
      return fieldError(issue.message.endsWith("undefined") ? "required" : "invalid_type");
    case "too_small":
      if (issue.origin !== "string") return fieldError("too_small", Number(issue.minimum));
      return fieldError("too_short", Number(issue.minimum));
    case "too_big":
      if (issue.origin !== "string") return fieldError("too_large", Number(issue.maximum));
      return fieldError("too_long", Number(issue.maximum));
    case "custom": {
      const { code, limit } = issue.params ?? {};
      if (!isCode(code)) return fieldError("invalid_value");
      return fieldError(code, typeof limit === "number" ? limit : undefined);
    }
    default:
      return fieldError("invalid_value");
  }
}

const isCode = (code: unknown): code is FieldErrorCode =>
  typeof code === "string" && Object.hasOwn(SENTENCES, code);
