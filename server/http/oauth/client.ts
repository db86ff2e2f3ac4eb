/** Client authentication (RFC 6749 section 2.3): which client is asking. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Tegata } from "../../tegata.ts";
import { type OAuthError, oauthError } from "./error.ts";
import type { Form } from "./form.ts";
import { SCOPES } from "./scope.ts";

/** An OAuth client that has been authenticated. */
export interface Client {
  id: string;
  /** Whether it has a secret (RFC 6749 section 2.1). */
  confidential: boolean;
  /** The grants and scopes that it may ask for. */
  grants: readonly string[];
  scopes: readonly string[];
}

/** The public client of this service's own page and typed client; it is meant when a request names none. */
export const BUILT_IN_CLIENT: Client = {
  id: "tegata",
  confidential: false,
  grants: ["password", "refresh_token"],
  scopes: Object.keys(SCOPES),
};

/** How a client may authenticate, by the names of RFC 8414: each reads what it understands of a request. */
const METHODS = {
  client_secret_basic: ({ authorization }) =>
    authorization ? parseBasic(authorization) : undefined,
  client_secret_post: ({ form }) => {
    const secret = form.get("client_secret");
    return secret === undefined ? undefined : { id: form.get("client_id") ?? "", secret };
  },
} satisfies Record<string, (request: ClientRequest) => Credentials | undefined>;
/** Those of clients with a secret. */
export const SECRET_METHODS = Object.keys(METHODS);

/** How to authenticate, on every 401 of an OAuth endpoint. */
export const BASIC_CHALLENGE = { "WWW-Authenticate": 'Basic realm="tegata", charset="UTF-8"' };

interface ClientRequest {
  authorization: string | undefined;
  form: Form;
}
interface Credentials {
  id: string;
  /** Empty counts as none. */
  secret: string;
}

/** What is stored of a client's secret. It is 256 random bits: nothing slower than SHA-256 is needed. */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

/**
 * Finds and authenticates the client of a request.
 * @returns `invalid_client` (401, with the challenge that RFC 9110 section 15.5.2 asks of every 401), or
 * `invalid_request` when the request uses two methods
 */
export async function authenticateClient(
  tegata: Tegata,
  request: ClientRequest,
): Promise<{ is: "client"; client: Client } | OAuthError> {
  const basic = METHODS.client_secret_basic(request);
  const post = METHODS.client_secret_post(request);
  const named = request.form.get("client_id");
  if (basic && (post || (named !== undefined && named !== basic.id)))
    return oauthError("invalid_request", "the client is named or authenticated in two ways");

  const { id, secret } = basic ?? post ?? { id: named ?? BUILT_IN_CLIENT.id, secret: "" };
  const client = await checkSecret(tegata, id, secret);
  if (client) return { is: "client", client };
  return {
    ...oauthError("invalid_client", "there is no such client, or its secret is another"),
    status: 401,
    headers: BASIC_CHALLENGE,
  };
}

async function checkSecret(
  { db }: Tegata,
  id: string,
  secret: string,
): Promise<Client | undefined> {
  if (id === BUILT_IN_CLIENT.id) return secret === "" ? BUILT_IN_CLIENT : undefined;
  const row = await db.clients.find(id);
  const sent = Buffer.from(hashSecret(secret));
  const stored = Buffer.from(row?.secretHash ?? hashSecret(""));
  if (!row || !timingSafeEqual(sent, stored)) return undefined;
  return {
    id,
    confidential: row.secretHash !== null,
    grants: row.grants.split(" "),
    scopes: row.scopes.split(" "),
  };
}

/**
 * The user and password of a Basic header, each form-encoded (RFC 6749 section 2.3.1). Other schemes authenticate no
 * client. Swagger UI sends an empty user and password when no client is set: that is no client either.
 */
function parseBasic(authorization: string): Credentials | undefined {
  const [scheme, encoded = ""] = authorization.split(/ +/);
  if (scheme?.toLowerCase() !== "basic") return undefined;
  const text = Buffer.from(encoded, "base64").toString();
  if (text === ":") return undefined;
  const [user = "", ...password] = text.split(":");
  return { id: decodeForm(user), secret: decodeForm(password.join(":")) };
}

/** What cannot be decoded is meant as it stands: not every client encodes. */
function decodeForm(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}
