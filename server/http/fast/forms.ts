/**
 * Answers forms without Express: tokens are refreshed, introspected and revoked, and users log in. The handlers are the same
 * as with Express; only their replies are encoded here. Unusual requests are left to Express.
 */
import type { Tegata } from "../../tegata.ts";
import type { Received } from "../edge/received.ts";
import { FASTAPI_HEADERS, fastapiFormat } from "../fastapi/response.ts";
import { tokenOfB } from "../fastapi/router.ts";
import { OAUTH_HEADERS, oauthFormat } from "../oauth/error.ts";
import { introspectionEndpoint } from "../oauth/introspect.ts";
import { PATHS } from "../oauth/metadata.ts";
import { revocationEndpoint } from "../oauth/revoke.ts";
import { tokenEndpoint } from "../oauth/token.ts";
import { type Format, faultOf, type PlainHandler, type Reply } from "../route.ts";
import { type Answer, HeaderList } from "./answer.ts";
import { isPlainForm } from "./bodies.ts";

/** An endpoint that takes a form. */
interface FormEndpoint {
  handle: PlainHandler;
  refuse: Format["refuse"];
  /** The headers of every response of its format, unless the response sets them itself. */
  headers: Readonly<Record<string, string>>;
}

/** Makes the function that answers forms. */
export function fastForms(tegata: Tegata): (req: Received) => Promise<Answer> | undefined {
  const endpoints = endpointsOf(tegata);
  return (req) => {
    const endpoint = endpoints.get(req.url ?? "");
    return endpoint && isPlainForm(req) ? answer(tegata, endpoint, req) : undefined;
  };
}

/** The endpoints by their paths. */
function endpointsOf(tegata: Tegata): ReadonlyMap<string, FormEndpoint> {
  const { passwordGrant, fastapiPaths } = tegata.settings;
  const oauth = (handle: PlainHandler): FormEndpoint => ({
    handle,
    refuse: oauthFormat.refuse,
    headers: OAUTH_HEADERS,
  });
  const token = oauth(tokenEndpoint(tegata));
  const endpoints = new Map([
    [PATHS.token, token],
    [PATHS.revocation, oauth(revocationEndpoint(tegata))],
    [PATHS.introspection, oauth(introspectionEndpoint(tegata))],
  ]);
  if (!fastapiPaths) return endpoints;
  endpoints.set(`${PATHS.token}/`, token);
  if (passwordGrant === "off") return endpoints;
  const { refuse } = fastapiFormat;
  const ofB: FormEndpoint = {
    handle: (req) => tokenOfB(tegata, req),
    refuse,
    headers: FASTAPI_HEADERS,
  };
  return endpoints.set("/api/token", ofB).set("/api/token/", ofB);
}

async function answer({ log }: Tegata, endpoint: FormEndpoint, req: Received): Promise<Answer> {
  try {
    return encode(endpoint, await endpoint.handle(req));
  } catch (error) {
    return encode(endpoint, endpoint.refuse(faultOf(error, req, log)));
  }
}

/** Encodes a reply as the format of its endpoint sends it. */
function encode({ headers: fixed }: FormEndpoint, reply: Reply): Answer {
  if (!("body" in reply)) throw new Error("the response to a form is JSON");
  const { status = 200, headers, body } = reply;
  const all = new HeaderList({ ...fixed, ...headers });
  return { status, headers: all, body: JSON.stringify(body) };
}
