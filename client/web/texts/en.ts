/** The texts that more than one place has, in English. */
import type { EventType, FieldErrorCode, Reason } from "../../index.ts";
import type { Notice } from "../page-session.ts";
import { gate } from "./gate.en.ts";

export const en = {
  ...gate,
  api: "API",
  optional: "optional",
  pending: "Please wait…",
  tryAgain: "Try again",
  tryAgainIn: (seconds: number) => `Try again in ${seconds} s`,

  logIn: "Log in",
  logOut: "Log out",
  loggedIn: "You are logged in.",
  loggedOut: "You are logged out.",
  login: "Email or username",
  password: "Password",
  registered: (email: string) => `${email} is registered. You can log in now.`,
  email: "Email",
  username: "Username",
  fullName: "Full name",

  restoring: "Restoring your session",

  eventTypes: {
    registered: () => "Registered",
    logged_in: () => "Logged in",
    login_failed: () => "Failed login",
    password_changed: () => "Password changed",
    password_change_failed: () => "Failed attempt to change the password",
    password_reset_requested: () => "Link to set a new password requested",
    password_reset: () => "New password set with a link from a mail",
    password_check_failed: () => "Failed attempt to confirm a change with the password",
    email_verified: () => "Email address confirmed",
    email_changed: () => "Email address changed",
    email_taken_back: () => "Change of the email address undone",
    account_deleted: () => "Account deleted",
    session_ended: () => "Session ended",
    other_sessions_ended: () => "All other sessions ended",
    sessions_ended: (detail, client): string =>
      detail === "app_removed" ? `All sessions of ${client} ended` : "All sessions ended",
    code_replayed: () => "Session ended because its code was stolen",
    session_opened: (_, client): string => `Opened ${client}`,
    consent_given: (_, client): string => `${client} was allowed to use the account`,
    app_removed: (_, client): string => `${client} was removed`,
    refresh_token_reused: () => "Session ended because its token was stolen",
    user_disabled: () => "Account disabled",
    user_enabled: () => "Account enabled",
    failures_suppressed: (detail) => `${detail} more failures`,
  } satisfies Record<
    Exclude<EventType, `client_${string}` | "users_imported">,
    (detail: string, client: string) => string
  >,

  newPassword: "New password",

  notices: {
    ended: "Your session has ended. Please log in again.",
    logged_out_here_only:
      "This page is logged out, but the server could not be notified. Your browser may still be logged in: log in and out again.",
    account_deleted: "Your account was deleted.",
  } satisfies Record<Notice, string>,

  reasons: {
    invalid_input: "Please check the highlighted fields.",
    weak_password: "This password does not meet the requirements.",
    email_taken: "This email is already registered.",
    username_taken: "This username is already taken.",
    registration_closed: "Registration is closed.",
    too_many_items: "You have too many items. Remove one first.",
    not_logged_in: "Please log in first.",
    invalid_token: "The access token is invalid or has expired.",
    incorrect_login: "Incorrect email, username or password.",
    stale_page: "Something has changed meanwhile. Please try again.",
    wrong_origin: "You can log in only at the address that this service is set up for.",
    wrong_password: "The current password is incorrect.",
    link_expired: "This link was used already, has expired or is incomplete.",
    other_account: "This link belongs to another account than the one that is logged in.",
    no_mail: "This service sends no mail.",
    email_unverified:
      "Please confirm your email address first: we have sent you a mail with a link.",
    insufficient_scope: "The access token does not allow this.",
    not_a_user: "The access token does not belong to a user.",
    foreign_app: "This application may not do this.",
    inactive_user: "This account is disabled.",
    too_many_attempts: "Too many attempts. Please wait.",
    busy: "The server is busy.",
    unavailable: "The server cannot do this right now.",
    no_such_procedure: "The server does not support this. Please reload the page.",
    unsupported_link: "The server does not support this. Please reload the page.",
    batch_too_large: "These were too many requests at once.",
    body_too_large: "This is too long.",
    bad_request: "The server could not process the request. Please reload the page.",
    internal: "Something went wrong.",
    invalid_request: "The server could not process the request. Please reload the page.",
    invalid_client: "Logging in from this page is not allowed.",
    invalid_grant: "Incorrect email, username or password.",
    unauthorized_client: "Logging in from this page is not allowed.",
    unsupported_grant_type: "Please allow cookies to log in.",
    login_refused: "The login was refused.",
    invalid_scope: "The requested permissions are not available.",
    server_error: "Something went wrong.",
    temporarily_unavailable: "The server is busy.",
    unreachable: "The server cannot be reached. Are you online?",
    unexpected_response: "Unexpected response. Please try again later.",
  } satisfies Record<Reason, string>,

  fieldErrors: {
    required: () => "This field is required.",
    invalid_type: () => "This value has the wrong type.",
    invalid_value: () => "This value is invalid.",
    unknown_field: () => "This field does not exist.",
    too_short: (limit) =>
      limit === 1 ? "Must not be empty." : `Must be at least ${limit} characters long.`,
    too_long: (limit) => `Must be at most ${limit} characters long.`,
    too_many_bytes: (limit) => `Too long: must be at most ${limit} bytes.`,
    too_common: () =>
      "Must not be a common password, even with a few digits or symbols at its end.",
    too_simple: () => "Too simple: must not be a repetition or a row of keys.",
    contains_email: (limit) => `Must have at least ${limit} characters that are not in your email.`,
    contains_username: (limit) =>
      `Must have at least ${limit} characters that are not in your username.`,
    contains_full_name: (limit) =>
      `Must have at least ${limit} characters that are not in your name.`,
    contains_service_name: (limit) =>
      `Must have at least ${limit} characters that are not in the name of this service.`,
    too_small: (limit) => `Must be at least ${limit}.`,
    too_large: (limit) => `Must be at most ${limit}.`,
    invalid_email: () => "Must be an email address, with an @.",
    email_local_missing: () => "The name before the @ is missing.",
    email_local_not_ascii: () =>
      "Before the @, use only unaccented Latin letters, digits and ASCII symbols.",
    email_local_invalid: () => "Contains a character before the @ that is not allowed there.",
    email_local_too_long: (limit) => `Must have at most ${limit} characters before the @.`,
    email_domain_invalid: () => "The domain after the @ is invalid.",
    control_character: () => "Must not contain control characters.",
    invisible_character: () => "Must not contain invisible characters.",
    nul_character: () => "Must not contain a NUL character.",
    at_sign: () => "Must not contain @.",
    invalid_unicode: () => "Must be valid Unicode.",
    no_visible_character: () => "Must contain a visible character.",
    no_letter_or_digit: () => "Must contain a letter or a digit.",
    mixed_scripts: () => "Must not mix alphabets, such as Latin and Cyrillic letters.",
    taken: () => "Already in use.",
    incorrect: () => "Incorrect.",
  } satisfies Record<FieldErrorCode, (limit?: number) => string>,
};

/** What every language must provide. A missing text does not compile. */
export type Texts = typeof en;
