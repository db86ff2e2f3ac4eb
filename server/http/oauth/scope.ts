/** The scopes that there are, and which of them a request gets (RFC 6749 section 3.3). */
import { type OAuthError, oauthError } from "./error.ts";

/** Every scope with what it allows. */
export const SCOPES: Readonly<Record<string, string>> = {
  me: "Read and change your own account",
};

/** @returns the asked-for scopes, or all when none was asked for. */
export function grantScope(asked: string | undefined): { is: "scope"; scope: string } | OAuthError {
  const known = Object.keys(SCOPES);
  if (asked === undefined) return { is: "scope", scope: known.join(" ") };
  const names = new Set(asked.split(" "));
  if (![...names].every((name) => known.includes(name)))
    return oauthError("invalid_scope", `the scopes are: ${known.join(" ")}`);
  return { is: "scope", scope: [...names].join(" ") };
}
