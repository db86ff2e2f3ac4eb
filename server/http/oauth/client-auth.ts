/** Client authentication (RFC 6749 section 2.3): which client sends the request. */
import { authenticateClient, BUILT_IN_CLIENT, type Client } from "../../clients/clients.ts";
import type { Tegata } from "../../tegata.ts";
import type { Received } from "../edge/received.ts";
import { timesSent } from "../edge/repeated-headers.ts";
import { requesterOf } from "../requester.ts";
import { type OAuthError, oauthError, tooManyAttempts } from "./error.ts";
import { type Form, type FormOptions, readForm } from "./form.ts";

/** What a client authenticates with. */
interface Credentials {
  id: string;
  /** Empty for none. */
  secret: string;
}

/** How a client with a secret may authenticate, by the names of RFC 8414: each reads its part of a request. */
const METHODS = {
  client_secret_basic: (authorization, _form) =>
    authorization ? parseBasic(authorization) : undefined,
  client_secret_post: (_authorization, form) => {
    const secret = form.get("client_secret");
    return secret === undefined ? undefined : { id: form.get("client_id") ?? "", secret };
  },
} satisfies Record<
  string,
  (authorization: string | undefined, form: Form) => Credentials | undefined
>;

/** The names of the methods for clients with a secret. */
export const SECRET_METHODS = Object.keys(METHODS);

/** Every 401 has a challenge (RFC 9110 section 15.5.2). */
const CHALLENGE = {
  status: 401,
  headers: { "WWW-Authenticate": 'Basic realm="tegata", charset="UTF-8"' },
};

/**
 * The error for failed client authentication (RFC 6749 section 5.2).
 * @param challenge whether it is 401 with a challenge, or 400 without one
 */
export const invalidClient = (description: string, challenge: boolean): OAuthError =>
  oauthError("invalid_client", description, challenge ? CHALLENGE : {});

/** How {@link readRequest} reads a form and rejects its client. */
interface RequestOptions extends FormOptions {
  /**
   * Whether a failed client gets a challenge. By default, it does if it sent an Authorization header: then section 5.2
   * requires one. Otherwise a browser would ask its user for a password with a dialog of its own.
   */
  challenge?: boolean;
}

/**
 * The first steps of every endpoint that takes a form: reads the form, then finds and authenticates the client.
 * @returns the form and its client; or `invalid_client`, or `invalid_request`, also if the request uses two methods
 */
export async function readRequest(
  tegata: Tegata,
  req: Received,
  { challenge = req.headers.authorization !== undefined, ...options }: RequestOptions = {},
): Promise<{ is: "request"; form: Form; client: Client } | OAuthError> {
  const read = await readForm(req, options);
  if (read.is === "error") return read;
  const { form } = read;
  if (timesSent(req, "authorization") > 1)
    return oauthError("invalid_request", "the Authorization header is repeated");
  const { authorization } = req.headers;
  const basic = METHODS.client_secret_basic(authorization, form);
  const post = METHODS.client_secret_post(authorization, form);
  const named = form.get("client_id");
  if (basic && (post || (named !== undefined && named !== basic.id)))
    return oauthError("invalid_request", "the request names or authenticates the client twice");

  const credentials = basic ?? post ?? { id: named ?? BUILT_IN_CLIENT.id, secret: "" };
  const result = await authenticateClient(tegata, credentials, requesterOf(req));
  switch (result.is) {
    case "throttled":
      return tooManyAttempts(result.retryAfterSeconds);
    case "refused":
      return invalidClient("unknown client or wrong secret", challenge);
    case "authenticated":
      return { is: "request", form, client: result.client };
  }
}

/**
 * The id and secret of a Basic header, each form-encoded (RFC 6749 section 2.3.1). Other schemes authenticate no client.
 * Swagger UI sends an empty id and secret if no client is set, which identifies no client either.
 */
function parseBasic(authorization: string): Credentials | undefined {
  const [scheme, encoded = ""] = authorization.split(/ +/);
  if (scheme?.toLowerCase() !== "basic") return undefined;
  const text = Buffer.from(encoded, "base64").toString();
  if (text === ":") return undefined;
  const [id = "", ...secret] = text.split(":");
  return { id: formDecode(id), secret: formDecode(secret.join(":")) };
}

/** Not every client encodes. A value that cannot be decoded is used unchanged. */
function formDecode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}
