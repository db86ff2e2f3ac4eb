/** The scopes of this service and of its application, those of OpenID Connect, and which of them a request gets (RFC 6749 section 3.3). */

/** Every scope with what it allows. */
export const SCOPES = {
  me: "Read your account; applications of the operator may also change it",
  items: "Read and change your items",
} as const;

/**
 * What a client may learn about who has logged in (OpenID Connect Core section 5.4). Only a client that names them gets
 * them, and only at the authorization endpoint: they are no part of {@link ALL_SCOPES}.
 */
export const IDENTITY_SCOPES = {
  openid: "Recognize you when you log in",
  profile: "See your name and username",
  email: "See your email address",
} as const;
const isIdentityScope = (scope: string) => Object.hasOwn(IDENTITY_SCOPES, scope);

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

/** Says what scopes allow, for people. @returns each with its text, or with its name for one of another service */
export function describeScopes(
  names: readonly string[],
  all: Scopes,
): { name: string; text: string }[] {
  const texts: Scopes = { ...all, ...IDENTITY_SCOPES };
  return names.map((name) => ({ name, text: texts[name] ?? name }));
}

/** A scope without repetitions, space-separated or {@link ALL_SCOPES}, unless something is asked for that is not allowed. */
export type NarrowedScope = { is: "scope"; scope: string } | { is: "not_allowed" };

/**
 * Narrows a scope to what a request asks for.
 * @param asked space-separated; undefined if the request names none, which asks for everything that is allowed
 * @param allowed space-separated, or {@link ALL_SCOPES}
 * @param all every scope of this service
 */
export function narrowScope(
  asked: string | undefined,
  allowed: string,
  all: Scopes,
): NarrowedScope {
  if (asked !== undefined) return choose(asked, scopeNames(allowed, all), all);
  return allowed === "" ? { is: "not_allowed" } : { is: "scope", scope: allowed };
}

/**
 * Narrows what a client may have to what it asks for at the authorization endpoint. A request that names no scope gets no
 * identity scope. The parameters are those of {@link narrowScope}.
 */
export const narrowAuthorization = (
  asked: string | undefined,
  allowed: string,
  all: Scopes,
): NarrowedScope =>
  asked === undefined
    ? narrowScope(asked, withoutIdentity(allowed), all)
    : choose(asked, authorizable(allowed, all), all);

/** Whether a client may still have a scope that it was granted at the authorization endpoint. */
export const isAuthorizable = (granted: string, allowed: string, all: Scopes): boolean =>
  granted === allowed ||
  granted.split(" ").every((name) => authorizable(allowed, all).includes(name));

/** What a client may have without the authorization endpoint. @param allowed as in {@link narrowScope} */
export const withoutIdentity = (allowed: string): string =>
  allowed
    .split(" ")
    .filter((name) => !isIdentityScope(name))
    .join(" ");

/** What a client may name at the authorization endpoint. */
const authorizable = (allowed: string, all: Scopes): readonly string[] =>
  allowed === ALL_SCOPES
    ? [...Object.keys(all), ...Object.keys(IDENTITY_SCOPES)]
    : allowed.split(" ");

/**
 * With `openid`, unknown names are ignored (OpenID Connect Core section 3.1.2.1): clients ask all providers for
 * the same, such as `offline_access`.
 */
function choose(asked: string, allowed: readonly string[], all: Scopes): NarrowedScope {
  const names = [...new Set(asked.split(" "))];
  const exists = (name: string) =>
    allowed.includes(name) || Object.hasOwn(all, name) || isIdentityScope(name);
  const known = names.includes("openid") ? names.filter(exists) : names;
  if (!known.every((name) => allowed.includes(name))) return { is: "not_allowed" };
  return { is: "scope", scope: known.join(" ") };
}
