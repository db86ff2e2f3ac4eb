/** Client authentication (RFC 6749 section 2.3): which client is asking. */
import { type OAuthError, oauthError } from "./error.ts";
import type { Form } from "./form.ts";

/** An OAuth client. */
export interface Client {
  id: string;
}

/** The public client of this service's own page and typed client; it is meant when a request names none. */
export const BUILT_IN_CLIENT: Client = { id: "tegata" };

/** Swagger UI sends an empty user and password when no client is set: that is no client at all. */
const EMPTY_BASIC = /^Basic +Og==$/i;

/** @returns the client, or `invalid_client`: with a Basic challenge when Basic was tried (RFC 6749 section 5.2). */
export function authenticateClient(
  authorization: string | undefined,
  form: Form,
): { is: "client"; client: Client } | OAuthError {
  const invalid = { ...oauthError("invalid_client", "there is no such client"), status: 401 };
  if (authorization !== undefined && !EMPTY_BASIC.test(authorization))
    return { ...invalid, headers: { "WWW-Authenticate": 'Basic realm="token"' } };
  const id = form.get("client_id") ?? BUILT_IN_CLIENT.id;
  if (id !== BUILT_IN_CLIENT.id || form.has("client_secret")) return invalid;
  return { is: "client", client: BUILT_IN_CLIENT };
}
