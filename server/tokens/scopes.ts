/** The scopes of this service and of its application, and which of them a request gets (RFC 6749 section 3.3). */

/** Every scope with what it allows. */
export const SCOPES = {
  me: "Read your account; applications of the operator may also change it",
  items: "Read and change your items",
} as const;

/**
 * The scopes of OpenID Connect (Core section 5.4), each with what it allows: to learn who the user is, and nothing else. No
 * other service takes a token that has only these.
 */
export const IDENTITY_SCOPES = {
  openid: "Know that it is you",
  profile: "Know your name and username",
  email: "Know your email address",
} as const;

/** A scope of this service. */
export type Scope = keyof typeof SCOPES;

/** A scope of another service, or of the application that this service is in: it names that before a `:`, `.` or `/`. */
export type OwnScope = `${string}${":" | "." | "/"}${string}`;

/** What the users of a service can grant: each scope with what it allows. */
export type Scopes = Readonly<Record<string, string>>;

/**
 * Stands for every scope of this service, also for those that a later version adds. A session keeps it as it is, so that
 * its next refresh gets the new scopes; a token names each scope.
 */
export const ALL_SCOPES = "*";

/** The most characters of the scopes of a session together; the database has room for as many. */
const MAX_LENGTH = 1000;

/** Whether a text can be the name of a scope, which is repeated in a challenge (RFC 6749 section 3.3). */
export const isScopeName = (text: string): boolean => /^[!#-[\]-~]+$/.test(text);

/**
 * Whether a scope names another service before a `:`, `.` or `/` (`orders:read`, `https://…`). Those that a later version
 * adds do not, so none of them was granted before.
 */
export function isOwnScope(scope: string): scope is OwnScope {
  const service = scope.match(/^([^:./]+)[:./]./)?.[1];
  return service !== undefined && !Object.hasOwn(SCOPES, service.toLowerCase());
}

/** @returns what is wrong with the scopes of an application; undefined if nothing is */
export function checkOwnScopes(scopes: Scopes): string | undefined {
  const wrong = Object.keys(scopes).find((name) => !isOwnScope(name) || !isScopeName(name));
  if (wrong !== undefined)
    return `${wrong}: must name your application before a colon, such as notes:read, and must contain only printable ASCII characters, without spaces, " and \\`;
  if (scopeNames(ALL_SCOPES, { ...SCOPES, ...scopes }).join(" ").length > MAX_LENGTH)
    return `the names must have at most ${MAX_LENGTH} characters together`;
  return undefined;
}

/** The names behind a scope. @param scope space-separated, or {@link ALL_SCOPES} @param all every scope that there is */
export const scopeNames = (scope: string, all: Scopes): readonly string[] =>
  scope === ALL_SCOPES ? Object.keys(all) : scope.split(" ");

/**
 * Narrows a scope to what a request asks for.
 * @param asked space-separated; undefined if the request names none, which asks for everything that is allowed
 * @param allowed space-separated, or {@link ALL_SCOPES}
 * @param all every scope that there is
 * @returns a scope in the form of `allowed`, without repetitions
 */
export function narrowScope(
  asked: string | undefined,
  allowed: string,
  all: Scopes,
): { is: "scope"; scope: string } | { is: "not_allowed" } {
  if (asked === undefined) return { is: "scope", scope: allowed };
  const names = new Set(asked.split(" "));
  const known = scopeNames(allowed, all);
  if (![...names].every((name) => known.includes(name))) return { is: "not_allowed" };
  return { is: "scope", scope: [...names].join(" ") };
}
