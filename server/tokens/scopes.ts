/** The scopes of this service, and which of them a request gets (RFC 6749 section 3.3). */

/** Every scope with what it allows. */
export const SCOPES = {
  me: "Read and change your account",
  items: "Read and change your items",
} as const;

/** A scope of this service. */
export type Scope = keyof typeof SCOPES;

/**
 * Stands for every scope of this service, also for those that a later version adds. A session keeps it as it is, so that
 * its next refresh gets the new scopes; a token names each scope.
 */
export const ALL_SCOPES = "*";

/** Whether a text can be the name of a scope, which is repeated in a challenge (RFC 6749 section 3.3). */
export const isScopeName = (text: string): boolean => /^[!#-[\]-~]+$/.test(text);

/** The names behind a scope. @param scope space-separated, or {@link ALL_SCOPES} */
export const scopeNames = (scope: string): readonly string[] =>
  scope === ALL_SCOPES ? Object.keys(SCOPES) : scope.split(" ");

/**
 * Narrows a scope to what a request asks for.
 * @param asked space-separated; undefined if the request names none, which asks for everything that is allowed
 * @param allowed space-separated, or {@link ALL_SCOPES}
 * @returns a scope in the form of `allowed`, without repetitions
 */
export function narrowScope(
  asked: string | undefined,
  allowed: string,
): { is: "scope"; scope: string } | { is: "not_allowed" } {
  if (asked === undefined) return { is: "scope", scope: allowed };
  const names = new Set(asked.split(" "));
  const known = scopeNames(allowed);
  if (![...names].every((name) => known.includes(name))) return { is: "not_allowed" };
  return { is: "scope", scope: [...names].join(" ") };
}
