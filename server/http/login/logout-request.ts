/** Reading a request to log out (OpenID Connect RP-Initiated Logout 1.0 section 2). */
import { findAnyClient } from "../../clients/clients.ts";
import { isRegistered } from "../../clients/redirect-uris.ts";
import type { Tegata } from "../../tegata.ts";
import { type IdTokenHint, readIdToken } from "../../tokens/id-token.ts";
import { readParameters } from "./parameters.ts";
import { withParameters } from "./response.ts";

/** What a client asks for. */
export interface LogoutRequest {
  /** The ID token of a login; undefined if none was sent, or none of this service. */
  hint: IdTokenHint | undefined;
  /** Where the browser goes afterwards, with `state`; undefined if nowhere. It is registered. */
  to: string | undefined;
}

/** What is wrong with a request: the person is told, and the browser is sent nowhere (section 3). */
export const LOGOUT_FAULTS = [
  "malformed",
  "repeated_parameter",
  "client_unknown",
  "client_id_contradicted",
  "client_id_missing",
  "logout_uri_unregistered",
] as const;

/** One of {@link LOGOUT_FAULTS}. */
export type LogoutFault = (typeof LOGOUT_FAULTS)[number];

/** The result of reading a request. */
export type LogoutRead =
  | { is: "request"; request: LogoutRequest }
  | { is: "refused"; fault: LogoutFault };

/** `logout_hint` is ignored: the page says who is logged in. */
const KNOWN: readonly string[] = [
  "id_token_hint",
  "post_logout_redirect_uri",
  "state",
  "client_id",
  "logout_hint",
  "ui_locales",
];

/** Reads a request. @param query without the question mark */
export async function readLogoutRequest(tegata: Tegata, query: string): Promise<LogoutRead> {
  const refused = (fault: LogoutFault): LogoutRead => ({ is: "refused", fault });

  // 1. Parameters: at most once each.
  const parameters = readParameters(query, KNOWN);
  if (!parameters) return refused("malformed");
  const { form, isRepeated } = parameters;
  if (KNOWN.some(isRepeated)) return refused("repeated_parameter");

  // 2. The client: named by the ID token, by its id, or by both.
  const sent = form.get("id_token_hint");
  const hint = sent === undefined ? undefined : await readIdToken(tegata, sent);
  const clientId = form.get("client_id") ?? hint?.clientId;
  if (hint && hint.clientId !== clientId) return refused("client_id_contradicted");
  const client = clientId === undefined ? undefined : await findAnyClient(tegata, clientId);
  if (clientId !== undefined && !client) return refused("client_unknown");

  // 3. Where the browser goes afterwards.
  const uri = form.get("post_logout_redirect_uri");
  if (uri === undefined) return { is: "request", request: { hint, to: undefined } };
  if (!client) return refused("client_id_missing");
  if (!isRegistered(uri, { ...client, redirectUris: client.logoutUris }))
    return refused("logout_uri_unregistered");
  const state = form.get("state");
  const to = state === undefined ? uri : withParameters(uri, { state });
  return { is: "request", request: { hint, to } };
}
