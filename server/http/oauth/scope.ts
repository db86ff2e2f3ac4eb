/** The scopes that there are, and which of them a request gets (RFC 6749 section 3.3). */
import { type OAuthError, oauthError } from "./error.ts";

/** Every scope of this service with what it allows. */
export const SCOPES = {
  me: "Read and change your own account",
  items: "Read and change your items",
} as const;

/** One of our own scopes. */
export type Scope = keyof typeof SCOPES;

/**
 * @param asked what the request says, space-separated; undefined where it says nothing: then it gets all
 * @param allowed what it may have at most
 */
export function grantScope(
  asked: string | undefined,
  allowed: readonly string[],
): { is: "scope"; scope: string } | OAuthError {
  const names = new Set(asked === undefined ? allowed : asked.split(" "));
  if (![...names].every((name) => allowed.includes(name)))
    return oauthError("invalid_scope", `the scopes to ask for are: ${allowed.join(" ")}`);
  return { is: "scope", scope: [...names].join(" ") };
}
