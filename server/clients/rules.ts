/** The rules for clients that an operator adds or changes. */
import { ALL_SCOPES, IDENTITY_SCOPES, isOwnScope, isScopeName, SCOPES } from "../tokens/scopes.ts";
import { BUILT_IN_CLIENT } from "./clients.ts";
import { redirectUriError } from "./redirect-uris.ts";

/** The most characters of a name, and of all scopes or all URIs of one kind together: the database has room for as many. */
const MAX_NAME = 50;
const MAX_SCOPES = 1000;
const MAX_URIS = 4000;

/** A client as an operator requests it. */
export interface NewClient {
  id: string;
  /** Whether it is a page or an app that cannot keep a secret. */
  isPublic: boolean;
  grants: readonly string[];
  scopes: readonly string[];
  /** Undefined for its id. */
  name?: string | undefined;
  /** None by default. */
  redirectUris?: readonly string[];
  /** None by default. */
  logoutUris?: readonly string[];
  /** False by default. */
  isFirstParty?: boolean;
}

/** What is wrong with a client. */
export interface InvalidClient {
  field: "id" | "grants" | "scopes" | "name" | "redirect-uris" | "logout-uris";
  message: string;
}

/**
 * Whether a text can be the id of a client. One with a leading letter cannot be confused with the id of a user, a number
 * (RFC 9700 section 4.15.1).
 */
export const isClientId = (text: string): boolean => /^[A-Za-z][\w.-]{0,99}$/.test(text);

/** @returns what is wrong with a client; undefined if nothing is */
export function checkClient(
  client: NewClient,
  knownGrants: readonly string[],
): InvalidClient | undefined {
  const { id } = client;
  if (!isClientId(id))
    return {
      field: "id",
      message: "must start with a letter and contain at most 100 letters, digits and . _ -",
    };
  if (id === BUILT_IN_CLIENT.id) return { field: "id", message: `${id} is built in` };
  return (
    checkGrants(client, knownGrants) ??
    checkScopes(client) ??
    checkName(client) ??
    checkRedirectUris(client) ??
    checkUris("logout-uris", client.logoutUris)
  );
}

function checkGrants(
  { isPublic, grants }: NewClient,
  knownGrants: readonly string[],
): InvalidClient | undefined {
  const unknown = grants.find((grant) => !knownGrants.includes(grant));
  if (unknown !== undefined) return { field: "grants", message: `unknown grant ${unknown}` };
  if (isPublic && grants.includes("client_credentials"))
    return { field: "grants", message: "client_credentials needs a client with a secret" };
  return undefined;
}

function checkScopes({ scopes }: NewClient): InvalidClient | undefined {
  if (!scopes.every(isScopeName))
    return {
      field: "scopes",
      message: 'a scope must contain only printable ASCII characters, without spaces, " and \\',
    };
  if (scopes.includes(ALL_SCOPES))
    return { field: "scopes", message: `${ALL_SCOPES} is reserved: name each scope` };
  if (scopes.join(" ").length > MAX_SCOPES)
    return { field: "scopes", message: `must have at most ${MAX_SCOPES} characters together` };
  const known = Object.keys({ ...SCOPES, ...IDENTITY_SCOPES });
  const unknown = scopes.find((scope) => !known.includes(scope) && !isOwnScope(scope));
  if (unknown === undefined) return undefined;
  return {
    field: "scopes",
    message: `unknown scope ${unknown}: this service has ${known.join(", ")}; a scope of another service names it, such as orders:read`,
  };
}

/** The page shows the name to people, so it must not be blank or contain what could hide or turn around the text beside it. */
function checkName({ name }: NewClient): InvalidClient | undefined {
  if (name === undefined) return undefined;
  if (!/\p{C}/u.test(name) && /[\p{L}\p{N}]/u.test(name) && name.length <= MAX_NAME)
    return undefined;
  return {
    field: "name",
    message: `must contain at most ${MAX_NAME} printable characters, and a letter or a digit`,
  };
}

function checkRedirectUris({ grants, redirectUris = [] }: NewClient): InvalidClient | undefined {
  if (grants.includes("authorization_code") && redirectUris.length === 0)
    return { field: "redirect-uris", message: "authorization_code needs at least one" };
  return checkUris("redirect-uris", redirectUris);
}

function checkUris(
  field: "redirect-uris" | "logout-uris",
  uris: readonly string[] = [],
): InvalidClient | undefined {
  for (const uri of uris) {
    const error = redirectUriError(uri);
    if (error !== undefined) return { field, message: `${uri}: ${error}` };
  }
  if (uris.join(" ").length > MAX_URIS)
    return { field, message: `must have at most ${MAX_URIS} characters together` };
  return undefined;
}
