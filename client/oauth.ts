/** Requests to the OAuth endpoints. */
import { AuthError } from "./errors.ts";
import type { OAuthErrorCode, TokenResponse } from "./protocol.ts";
import type { Tokens } from "./store.ts";

/** A server that has not responded by then is treated as unreachable. */
const TIMEOUT_MS = 30_000;

/** The URL of a server without the slash at its end that a copied URL often has. */
export const baseUrl = (url: string) => url.replace(/\/+$/, "");

/** A server, and the client that sends requests to it. */
export interface Server {
  /** Without a slash at its end. */
  url: string;
  /** The parameter that names the client; empty for the client that is built into the server. */
  client: { client_id?: string };
}

/** @returns the server at a URL */
export const serverOf = (options: { url: string; clientId?: string }): Server => ({
  url: baseUrl(options.url),
  client: options.clientId === undefined ? {} : { client_id: options.clientId },
});

/** Every field is optional, because the response may come from something other than Tegata, such as a proxy. */
type TokenEndpointResponse = Partial<TokenResponse> & {
  error?: OAuthErrorCode;
  error_description?: string;
  reason?: "email_unverified";
};

/**
 * Requests tokens from `POST /token`.
 * @throws {AuthError}
 */
export async function requestTokens(
  { url, client }: Server,
  form: Record<string, string>,
): Promise<Tokens> {
  const body = { ...client, ...form };
  const { access_token, refresh_token, id_token, scope } = await postForm(`${url}/token`, body);
  if (typeof access_token !== "string" || typeof scope !== "string")
    throw new AuthError("unexpected_response", "the response contains no access token");
  return {
    accessToken: access_token,
    scope,
    ...(refresh_token !== undefined && { refreshToken: refresh_token }),
    ...(id_token !== undefined && { idToken: id_token }),
  };
}

/**
 * Ends the session of a token with `POST /revoke`. It succeeds for invalid tokens too (RFC 7009 section 2.2).
 * @throws {AuthError} if the server could not be notified
 */
export async function revokeToken({ url, client }: Server, token: string): Promise<void> {
  await postForm(`${url}/revoke`, { ...client, token });
}

async function postForm(url: string, form: Record<string, string>): Promise<TokenEndpointResponse> {
  const body = new URLSearchParams(form);
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  // Following a redirect could send the password to another server.
  const request = { method: "POST", body, signal, redirect: "error" } as const;
  const response = await fetch(url, request).catch((cause: unknown) => {
    throw new AuthError("unreachable", "could not reach the server", { cause });
  });
  const content = (await response.json().catch(() => undefined)) as
    | TokenEndpointResponse
    | null
    | undefined;
  if (content && response.ok) return content;
  if (typeof content?.error !== "string")
    throw new AuthError("unexpected_response", `the server responded with ${response.status}`);
  const retryAfterSeconds = Number(response.headers.get("retry-after"));
  // OAuth has no error codes for these.
  const reason = content.reason === "email_unverified" ? content.reason : content.error;
  throw new AuthError(
    response.status === 429 ? "too_many_attempts" : reason,
    content.error_description ?? content.error,
    retryAfterSeconds > 0 ? { retryAfterSeconds } : {},
  );
}
