/** What a client gets back for an authorization request, by a redirect: a code or an error (RFC 6749 section 4.1.2). */
import type { Tegata } from "../../tegata.ts";

/** The error codes that a client gets (RFC 6749 section 4.1.2.1; OpenID Connect Core section 3.1.2.6). */
export type AuthorizationErrorCode =
  | "invalid_request"
  | "unauthorized_client"
  | "access_denied"
  | "unsupported_response_type"
  | "invalid_scope"
  | "request_not_supported"
  | "request_uri_not_supported"
  | "login_required"
  | "account_selection_required"
  | "consent_required"
  | "interaction_required"
  | "temporarily_unavailable";

/** An error that the client is told. */
export interface AuthorizationError {
  error: AuthorizationErrorCode;
  /** For developers; ASCII without quotes and backslashes. */
  description: string;
}

/** The error for a parameter that is missing or malformed. */
export const invalid = (description: string): AuthorizationError => ({
  error: "invalid_request",
  description,
});

/** Where a response goes. */
export interface Recipient {
  /** Registered: the response may be sent there. */
  redirectUri: string;
  /** Returned as it was received; undefined if there was none. */
  state: string | undefined;
}

/** @returns the URL that takes an error to the client */
export const errorUrl = (
  tegata: Pick<Tegata, "settings">,
  to: Recipient,
  { error, description }: AuthorizationError,
): string => responseUrl(tegata, to, { error, error_description: description });

/** Adds a response to the redirect URI. `iss` says which server it is from (RFC 9207 section 2). */
export function responseUrl(
  { settings }: Pick<Tegata, "settings">,
  { redirectUri, state }: Recipient,
  response: Record<string, string>,
): string {
  const parameters = { ...response, ...(state !== undefined && { state }), iss: settings.issuer };
  return withParameters(redirectUri, parameters);
}

/** Adds parameters to a URI of a client, whose own query stays. */
export function withParameters(uri: string, parameters: Record<string, string>): string {
  // Not URLSearchParams, which writes a space as `+`: some clients do not read that in a URL.
  const pairs = Object.entries(parameters).map(
    ([key, text]) => `${key}=${encodeURIComponent(text)}`,
  );
  return `${uri}${uri.includes("?") ? "&" : "?"}${pairs.join("&")}`;
}
