/** Reading an authorization request (RFC 6749 section 4.1.1, RFC 7636 section 4.3): whether to serve it, and who is told if not. */
import { type Client, findAnyClient } from "../../clients/clients.ts";
import { isRegistered } from "../../clients/redirect-uris.ts";
import type { Tegata } from "../../tegata.ts";
import { narrowAuthorization } from "../../tokens/scopes.ts";
import { type Demands, OPENID_PARAMETERS, readDemands } from "./demands.ts";
import { readParameters } from "./parameters.ts";
import { type AuthorizationError, invalid, type Recipient } from "./response.ts";

/** What a client asks for. */
export interface AuthorizationRequest extends Recipient, Demands {
  client: Client;
  /** Space-separated, or `ALL_SCOPES`. */
  scope: string;
  /** SHA-256 of the verifier in base64url; undefined for a confidential client that sends none. */
  challenge: string | undefined;
}

/**
 * What is wrong with a request whose redirect URI is not proved to be the client's. The person is told, and is never sent
 * to that URI, which may be an attacker's (RFC 6749 sections 3.1.2.4 and 4.1.2.1).
 */
export const UNPROVED_FAULTS = [
  "malformed",
  "repeated_parameter",
  "client_id_missing",
  "client_unknown",
  "redirect_uri_missing",
  "redirect_uri_unregistered",
] as const;

/** One of {@link UNPROVED_FAULTS}. */
export type UnprovedFault = (typeof UNPROVED_FAULTS)[number];

/** The result of reading a request. */
export type RequestRead =
  | { is: "request"; request: AuthorizationRequest }
  | { is: "unproved"; fault: UnprovedFault }
  | ({ is: "refused"; to: Recipient } & AuthorizationError);

/** `resource` may be repeated (RFC 8707 section 2); unknown parameters are ignored (RFC 6749 section 3.1). */
const KNOWN: readonly string[] = [
  "client_id",
  "redirect_uri",
  "response_type",
  "response_mode",
  "scope",
  "state",
  "code_challenge",
  "code_challenge_method",
  "request",
  "request_uri",
  ...OPENID_PARAMETERS,
];
/** SHA-256 in base64url (RFC 7636 section 4.2). */
const CHALLENGE = /^[\w-]{43}$/;

/** Reads a request. @param query without the question mark */
export async function readAuthorizationRequest(
  tegata: Tegata,
  query: string,
): Promise<RequestRead> {
  const unproved = (fault: UnprovedFault): RequestRead => ({ is: "unproved", fault });

  // 1. Parameters: at most once each; one without a value is omitted (RFC 6749 section 3.1).
  const parameters = readParameters(query, KNOWN);
  if (!parameters) return unproved("malformed");
  const { form, isRepeated } = parameters;
  if (isRepeated("client_id") || isRepeated("redirect_uri")) return unproved("repeated_parameter");

  // 2. The client and the redirect URI. Nothing is sent to a URI that is not the client's.
  const clientId = form.get("client_id");
  if (clientId === undefined) return unproved("client_id_missing");
  const client = await findAnyClient(tegata, clientId);
  if (!client) return unproved("client_unknown");
  const redirectUri = form.get("redirect_uri");
  if (redirectUri === undefined) return unproved("redirect_uri_missing");
  if (!isRegistered(redirectUri, client)) return unproved("redirect_uri_unregistered");

  // 3. From here on, errors are sent to the client.
  const state = isRepeated("state") ? undefined : form.get("state");
  const to = { redirectUri, state };
  const refused = (error: AuthorizationError): RequestRead => ({ is: "refused", to, ...error });
  if (KNOWN.some(isRepeated)) return refused(invalid("a parameter is repeated"));
  const error = errorOf(form, client);
  if (error) return refused(error);
  const scoped = narrowAuthorization(form.get("scope"), client.scope, tegata.scopes);
  if (scoped.is === "not_allowed") return refused(NOT_ALLOWED);
  const { scope } = scoped;
  const challenge = form.get("code_challenge");
  const demanded = await readDemands(tegata, form, client);
  if (demanded.is === "refused") return refused(demanded);
  const request = { client, redirectUri, state, scope, challenge, ...demanded.demands };
  return { is: "request", request };
}

const NOT_ALLOWED: AuthorizationError = {
  error: "invalid_scope",
  description: "the client may not ask for this scope",
};

/** What is wrong with the rest of a request; undefined if nothing is. */
function errorOf(
  form: ReadonlyMap<string, string>,
  client: Client,
): AuthorizationError | undefined {
  const responseType = form.get("response_type");
  if (responseType === undefined) return invalid("response_type is missing");
  if (responseType !== "code")
    return { error: "unsupported_response_type", description: "the response_type must be code" };
  if ((form.get("response_mode") ?? "query") !== "query")
    return invalid("the response_mode must be query");
  if (form.has("request"))
    return { error: "request_not_supported", description: "request objects are not supported" };
  if (form.has("request_uri"))
    return { error: "request_uri_not_supported", description: "request_uri is not supported" };
  if (!client.grants.includes("authorization_code"))
    return { error: "unauthorized_client", description: "the client may not use this grant" };
  return challengeError(form, client);
}

/** What is wrong with the code challenge (RFC 7636 section 4.4.1, RFC 9700 section 2.1.1). */
function challengeError(
  form: ReadonlyMap<string, string>,
  { confidential }: Client,
): AuthorizationError | undefined {
  const challenge = form.get("code_challenge");
  const method = form.get("code_challenge_method");
  if (challenge === undefined) {
    if (method !== undefined) return invalid("code_challenge is missing");
    return confidential ? undefined : invalid("code_challenge is missing: use PKCE");
  }
  if (method !== "S256") return invalid("the code_challenge_method must be S256");
  return CHALLENGE.test(challenge)
    ? undefined
    : invalid("the code_challenge must be a SHA-256 hash in base64url");
}
