/**
 * Forms: tokens are refreshed, introspected and revoked, and users log in, without Express. The same handlers decide, so
 * only reading the body and writing the response are done here, for requests that have nothing unusual.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { context } from "@opentelemetry/api";
import type { Tegata } from "../../tegata.ts";
import { FORM_TYPE, MAX_BODY_BYTES, type WithBody } from "../edge/body.ts";
import { FASTAPI_HEADERS, fastapiFormat } from "../fastapi/response.ts";
import { tokenOfB } from "../fastapi/router.ts";
import { OAUTH_HEADERS, oauthFormat } from "../oauth/error.ts";
import { introspectionEndpoint } from "../oauth/introspect.ts";
import { PATHS } from "../oauth/metadata.ts";
import { revocationEndpoint } from "../oauth/revoke.ts";
import { tokenEndpoint } from "../oauth/token.ts";
import { type Format, faultOf, type PlainHandler, type Reply } from "../route.ts";
import { type Answer, HeaderList } from "./answer.ts";

/** An endpoint that takes a form. */
interface Door {
  handle: PlainHandler;
  refuse: Format["refuse"];
  /** The headers of every response of its format, unless the response sets them itself. */
  headers: Readonly<Record<string, string>>;
}

/** Makes the function that answers forms. */
export function fastForms(
  tegata: Tegata,
): (req: IncomingMessage, res: ServerResponse) => Promise<Answer> | undefined {
  const doors = doorsOf(tegata);
  return (req: WithBody & { res?: ServerResponse }, res) => {
    const door = req.method === "POST" ? doors.get(req.url ?? "") : undefined;
    if (!door || !isPlain(req)) return undefined;
    // As Express does: the password queue reads from it whether the caller has hung up.
    req.res = res;
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      // The listeners of a request run outside its span.
      const finish = context.bind(context.active(), () => {
        req.body = Buffer.concat(chunks);
        answer(tegata, door, req).then(resolve, reject);
      });
      req.on("data", (chunk: Buffer) => chunks.push(chunk)).once("end", finish);
    });
  };
}

/** The endpoints by their paths. */
function doorsOf(tegata: Tegata): ReadonlyMap<string, Door> {
  const { passwordGrant, fastapiPaths } = tegata.settings;
  const oauth = (handle: PlainHandler): Door => ({
    handle,
    refuse: oauthFormat.refuse,
    headers: OAUTH_HEADERS,
  });
  const token = oauth(tokenEndpoint(tegata));
  const doors = new Map([
    [PATHS.token, token],
    [PATHS.revocation, oauth(revocationEndpoint(tegata))],
    [PATHS.introspection, oauth(introspectionEndpoint(tegata))],
  ]);
  if (!fastapiPaths) return doors;
  doors.set(`${PATHS.token}/`, token);
  if (passwordGrant === "off") return doors;
  const { refuse } = fastapiFormat;
  const ofB: Door = { handle: (req) => tokenOfB(tegata, req), refuse, headers: FASTAPI_HEADERS };
  return doors.set("/api/token", ofB).set("/api/token/", ofB);
}

/** How browsers and programs declare a form. */
const FORM = RegExp(`^${FORM_TYPE}(; ?charset=utf-8)?$`, "i");

/** Whether a request has a small form as its body, which nobody has read yet. */
const isPlain = ({ headers, readableDidRead }: IncomingMessage): boolean =>
  !readableDidRead &&
  FORM.test(headers["content-type"] ?? "") &&
  Number(headers["content-length"]) <= MAX_BODY_BYTES &&
  headers["content-encoding"] === undefined;

async function answer({ log }: Tegata, door: Door, req: WithBody): Promise<Answer> {
  try {
    return encode(door, await door.handle(req));
  } catch (error) {
    return encode(door, door.refuse(faultOf(error, req, log)));
  }
}

/** Encodes a reply as the format of its endpoint sends it. */
function encode({ headers: fixed }: Door, reply: Reply): Answer {
  if (!("body" in reply)) throw new Error("the response to a form is JSON");
  const { status = 200, headers, body } = reply;
  const all = new HeaderList({ ...fixed, ...headers });
  return { status, headers: all, body: JSON.stringify(body) };
}
