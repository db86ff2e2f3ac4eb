/** What goes over the wire. Generated from the server by `npm run generate`. */
import type {
  TRPC_ERROR_CODE_KEY,
  TRPC_ERROR_CODE_NUMBER,
  TRPCBuiltRouter,
  TRPCMutationProcedure,
  TRPCQueryProcedure,
} from "@trpc/server";

/** The code of a field error, for programs. */
export type FieldErrorCode =
  | "required"
  | "invalid_type"
  | "invalid_value"
  | "unknown_field"
  | "too_short"
  | "too_long"
  | "too_many_bytes"
  | "too_common"
  | "too_simple"
  | "contains_email"
  | "contains_username"
  | "contains_full_name"
  | "contains_service_name"
  | "too_small"
  | "too_large"
  | "invalid_email"
  | "email_local_missing"
  | "email_local_not_ascii"
  | "email_local_invalid"
  | "email_local_too_long"
  | "email_domain_invalid"
  | "control_character"
  | "invisible_character"
  | "nul_character"
  | "at_sign"
  | "invalid_unicode"
  | "no_visible_character"
  | "no_letter_or_digit"
  | "mixed_scripts"
  | "taken"
  | "incorrect";

/** An error of one field. */
export interface FieldError {
  code: FieldErrorCode;
  /** For people; follows the name of the field. */
  message: string;
  /** The limit that was exceeded. Its unit depends on the code: characters, bytes or a number. */
  limit?: number | undefined;
}

/** The errors of an input, by field. */
export type FieldErrors = { [x: string]: FieldError };

/** A word for what happened. */
export type EventType =
  | "registered"
  | "logged_in"
  | "login_failed"
  | "password_changed"
  | "password_change_failed"
  | "password_reset_requested"
  | "password_reset"
  | "password_check_failed"
  | "email_verified"
  | "email_changed"
  | "email_taken_back"
  | "account_deleted"
  | "session_ended"
  | "other_sessions_ended"
  | "sessions_ended"
  | "refresh_token_reused"
  | "code_replayed"
  | "session_opened"
  | "consent_given"
  | "app_removed"
  | "client_failed"
  | "client_added"
  | "client_removed"
  | "client_updated"
  | "client_secret_rotated"
  | "user_disabled"
  | "user_enabled"
  | "users_imported"
  | "failures_suppressed";

/** Why a request is refused; `data.reason` of a procedure's error, `reason` of a problem. */
export type Reason =
  | "invalid_input"
  | "weak_password"
  | "email_taken"
  | "username_taken"
  | "registration_closed"
  | "too_many_items"
  | "not_logged_in"
  | "invalid_token"
  | "incorrect_login"
  | "email_unverified"
  | "stale_page"
  | "wrong_origin"
  | "wrong_password"
  | "link_expired"
  | "other_account"
  | "no_mail"
  | "insufficient_scope"
  | "not_a_user"
  | "inactive_user"
  | "foreign_app"
  | "too_many_attempts"
  | "busy"
  | "unavailable"
  | "no_such_procedure"
  | "unsupported_link"
  | "batch_too_large"
  | "body_too_large"
  | "bad_request"
  | "internal";

/** RFC 6749 section 5.2, and two codes of section 4.1.2.1 for errors of the service itself. */
export type OAuthErrorCode =
  | "invalid_request"
  | "invalid_client"
  | "invalid_grant"
  | "unauthorized_client"
  | "unsupported_grant_type"
  | "invalid_scope"
  | "server_error"
  | "temporarily_unavailable";

/** A successful response (RFC 6749 section 5.1). */
export interface TokenResponse {
  access_token: string;
  token_type: "Bearer";
  /** Seconds. */
  expires_in: number;
  /** Space-separated. */
  scope: string;
  /** Omitted for a client that acts on its own behalf or may not refresh. */
  refresh_token?: string | undefined;
  /** With the scope `openid` (OpenID Connect Core sections 3.1.3.3 and 12.2). */
  id_token?: string | undefined;
}

/** How a procedure fails. */
export type ErrorShape = {
  message: string;
  code: TRPC_ERROR_CODE_NUMBER;
  data: {
    code: TRPC_ERROR_CODE_KEY;
    httpStatus: number;
    path: string | undefined;
    reason: Reason;
    fields: FieldErrors | undefined;
    retryAfterSeconds: number | undefined;
  };
};

/** Every procedure. */
type Procedures = {
  sessions: {
    /** Where the caller is logged in, most recently used first; a browser with the apps that it has opened. */
    list: Query<
      void,
      {
        apps: { clientId: string; name: string }[];
        current: boolean;
        id: string;
        clientId: string;
        clientName: string;
        userAgent: string | null;
        createdAtMs: number;
        lastUsedAtMs: number;
      }[]
    >;
    /** Ends one session of the caller. Returns whether it was active. */
    revoke: Mutation<{ id: string }, boolean>;
    /** Ends all sessions of the caller except this one. Returns how many. */
    revokeOthers: Mutation<void, number>;
  };
  items: {
    /** A page of the caller's items, in the order they were added. */
    list: Query<
      { after?: number | undefined; limit?: number | undefined } | undefined,
      { items: { id: number; title: string; createdAtMs: number }[]; next: number | null }
    >;
    /** Adds an item. */
    add: Mutation<{ title: string }, { id: number; title: string; createdAtMs: number }>;
    /** Removes an item. Returns whether it existed. */
    remove: Mutation<{ id: number }, boolean>;
  };
  events: {
    /** A page of what happened to the caller's account, the newest first. */
    list: Query<
      { before?: number | undefined; limit?: number | undefined } | undefined,
      {
        events: {
          id: number;
          atMs: number;
          type: string;
          clientId: string | null;
          clientName: string | null;
          address: string | null;
          userAgent: string | null;
          detail: string | null;
        }[];
        next: number | null;
      }
    >;
  };
  apps: {
    /** The apps that the caller has allowed, and those of the operator that have a session of the caller. */
    list: Query<
      void,
      {
        clientId: string;
        name: string;
        scopes: { name: string; text: string }[];
        grantedAtMs: number | null;
        sessions: number;
      }[]
    >;
    /** Removes an app: its sessions end at once, and it has to ask again. Returns whether it had a consent or a session. */
    remove: Mutation<{ clientId: string }, boolean>;
  };
  email: {
    /** Sends a link that proves the address of the caller, unless it is proved already. */
    sendVerification: Mutation<void, true>;
    /** Proves the address of the caller with a link. */
    verify: Mutation<{ token: string }, true>;
    /** Proves the address of an account with a link and the password, for users who cannot log in before. */
    verifyWithPassword: Mutation<{ token: string; password: string }, true>;
    /** Sends a link to a new address of the caller. The address changes when the link is used. */
    change: Mutation<{ newEmail: string; password: string }, true>;
    /** Changes an address with the link that was sent to the new one. */
    confirmChange: Mutation<{ token: string }, { email: string }>;
    /** Undoes a change with the link that was sent to the old address. The password becomes invalid. */
    takeBack: Mutation<{ token: string }, { email: string }>;
  };
  password: {
    /** Sends a link to set a new password, if an account has the address. The answer does not tell. */
    forgot: Mutation<{ email: string }, true>;
    /** Sets a new password with a link, and ends all sessions. */
    reset: Mutation<{ token: string; newPassword: string }, true>;
  };
  login: {
    /** What the log-in page shows. A mutation, because browsers name their origin in a POST only. */
    show: Mutation<
      void,
      | { is: "log_in"; ticket: string }
      | {
          is: "logged_in";
          ticket: string;
          account: { id: number; email: string; username: string | null; fullName: string | null };
        }
    >;
    /** Logs the browser in, also as another account. With `remember`, it stays logged in when it is closed. */
    password: Mutation<
      { ticket: string; login: string; password: string; remember: boolean },
      | { is: "log_in"; ticket: string }
      | {
          is: "logged_in";
          ticket: string;
          account: { id: number; email: string; username: string | null; fullName: string | null };
        }
    >;
    /** Gives a page of this service tokens for the account that it shows. They end with the login of the browser. */
    open: Mutation<
      { ticket: string },
      { browser: string; accessToken: string; refreshToken: string; scope: string }
    >;
    /** Logs the browser out, and with it everything that it has opened. Returns whether it was logged in. */
    leave: Mutation<void, boolean>;
    authorization: {
      /** What the page shows, or where the browser goes if nothing is missing. With the ticket of what it showed before, somebody
who has logged in since is not asked to do so again. */
      show: Mutation<
        { request: string; ticket?: string | undefined },
        | {
            is: "refused";
            fault:
              | "malformed"
              | "repeated_parameter"
              | "client_id_missing"
              | "client_unknown"
              | "redirect_uri_missing"
              | "redirect_uri_unregistered";
          }
        | { is: "log_in"; ticket: string; client: { name: string; host: string } }
        | {
            is: "log_in_again" | "log_in_as_another" | "choose";
            ticket: string;
            account: {
              id: number;
              email: string;
              username: string | null;
              fullName: string | null;
            };
            client: { name: string; host: string };
          }
        | {
            is: "consent";
            ticket: string;
            account: {
              id: number;
              email: string;
              username: string | null;
              fullName: string | null;
            };
            client: { name: string; host: string };
            scopes: { name: string; text: string }[];
          }
        | { is: "done"; to: string }
      >;
      /** The person goes on as the account that the page shows. Returns what it shows then. */
      choose: Mutation<
        { request: string; ticket: string },
        | {
            is: "refused";
            fault:
              | "malformed"
              | "repeated_parameter"
              | "client_id_missing"
              | "client_unknown"
              | "redirect_uri_missing"
              | "redirect_uri_unregistered";
          }
        | { is: "log_in"; ticket: string; client: { name: string; host: string } }
        | {
            is: "log_in_again" | "log_in_as_another" | "choose";
            ticket: string;
            account: {
              id: number;
              email: string;
              username: string | null;
              fullName: string | null;
            };
            client: { name: string; host: string };
          }
        | {
            is: "consent";
            ticket: string;
            account: {
              id: number;
              email: string;
              username: string | null;
              fullName: string | null;
            };
            client: { name: string; host: string };
            scopes: { name: string; text: string }[];
          }
        | { is: "done"; to: string }
      >;
      /** The person agrees: the browser goes back to the client with a code. */
      allow: Mutation<{ request: string; ticket: string }, { to: string }>;
      /** The person does not agree: the browser goes back to the client with an error. */
      deny: Mutation<{ request: string; ticket: string }, { to: string }>;
    };
    logout: {
      /** Who is logged in, and where the browser goes after the logout. */
      show: Mutation<
        { request: string },
        {
          fault:
            | "malformed"
            | "repeated_parameter"
            | "client_id_missing"
            | "client_unknown"
            | "client_id_contradicted"
            | "logout_uri_unregistered"
            | null;
          account: {
            id: number;
            email: string;
            username: string | null;
            fullName: string | null;
          } | null;
          to: string | null;
        }
      >;
    };
  };
  /** Creates an account. */
  register: Mutation<
    {
      email: string;
      password: string;
      username?: string | undefined;
      fullName?: string | undefined;
    },
    { id: number; email: string; username: string | null; fullName: string | null }
  >;
  /** The account of the caller. */
  me: Query<
    void,
    {
      disabled: boolean;
      emailVerified: boolean;
      id: number;
      email: string;
      username: string | null;
      fullName: string | null;
    }
  >;
  /** Whether the caller is logged in. Never an error, whatever token was sent. */
  isLoggedIn: Query<void, boolean>;
  /** Changes the password of the caller and ends their other sessions. */
  changePassword: Mutation<{ currentPassword: string; newPassword: string }, true>;
  /** Ends the session of the caller, and with it all tokens of the session. Returns whether this call ended it. */
  logout: Mutation<void, boolean>;
  /** Deletes the account of the caller, with its sessions and items. */
  deleteAccount: Mutation<{ password: string }, true>;
  /** Everything that the service knows about the caller, except secrets. */
  exportData: Query<
    void,
    {
      exportedAtMs: number;
      account: {
        createdAtMs: number;
        emailVerifiedAtMs: number | null;
        emailChangedAtMs: number | null;
        id: number;
        email: string;
        username: string | null;
        fullName: string | null;
      };
      sessions: {
        opened: {
          id: string;
          clientId: string;
          clientName: string;
          userAgent: string | null;
          createdAtMs: number;
          lastUsedAtMs: number;
        }[];
        id: string;
        clientId: string;
        clientName: string;
        userAgent: string | null;
        createdAtMs: number;
        lastUsedAtMs: number;
      }[];
      consents: { clientId: string; scope: string; grantedAtMs: number }[];
      items: { id: number; title: string; createdAtMs: number }[];
      events: {
        id: number;
        atMs: number;
        type: string;
        clientId: string | null;
        clientName: string | null;
        address: string | null;
        userAgent: string | null;
        detail: string | null;
      }[];
    }
  >;
};

/** The type of everything under `/trpc`: what a tRPC client is made for. */
export type AppRouter = TRPCBuiltRouter<
  { ctx: object; meta: object; errorShape: ErrorShape; transformer: false },
  Procedures
>;

type Query<Input, Output> = TRPCQueryProcedure<{ input: Input; output: Output; meta: unknown }>;
type Mutation<Input, Output> = TRPCMutationProcedure<{
  input: Input;
  output: Output;
  meta: unknown;
}>;
