/** Reading the form of an OAuth endpoint (RFC 6749 section 3.2 and appendix B): strictly and once. */
import { isUtf8 } from "node:buffer";
import { bytesReader, FORM_TYPE, isDeclaredUtf8, isOfType, MULTIPART_TYPE } from "../edge/body.ts";
import { decodePairs, type Pairs } from "../edge/pairs.ts";
import type { Received } from "../edge/received.ts";
import { queryOf } from "../edge/url.ts";
import { type OAuthError, oauthError } from "./error.ts";
import { GRANTS } from "./grants/index.ts";

/** The known parameters of a request by name. One without a value is omitted (RFC 6749 section 3.2). */
export type Form = ReadonlyMap<string, string>;

/** How a form may be sent. */
export interface FormOptions {
  /** Whether it may also be `multipart/form-data`, which FastAPI accepts and RFC 6749 does not. */
  multipart?: boolean;
}

/** The known parameters. They must not be repeated, and never be in a URL, which logs keep. */
const PARAMETERS: readonly string[] = [
  "grant_type",
  ...[...GRANTS.values()].flatMap(({ parameters }) => Object.keys(parameters.shape)),
  "client_id",
  "client_secret",
  "token",
  "token_type_hint",
];

/** The error for a body of another media type or charset. */
export const NOT_URLENCODED = oauthError(
  "invalid_request",
  `the body must be ${FORM_TYPE} in UTF-8`,
);

const readUrlencoded = bytesReader(FORM_TYPE);
const readEither = bytesReader(FORM_TYPE, MULTIPART_TYPE);

/** Whether the body of a request is `multipart/form-data`. */
export const isMultipart = (req: Received) => isOfType(req, MULTIPART_TYPE);

/**
 * Reads the form of a request. Unknown parameters are ignored, even if they are repeated, as `resource` may be
 * (RFC 8707 section 2).
 * @returns the form, or why the request is rejected
 */
export async function readForm(
  req: Received,
  { multipart = false }: FormOptions = {},
): Promise<{ is: "form"; form: Form } | OAuthError> {
  const body = multipart ? readEither(req) : readUrlencoded(req);
  const query = queryOf(req);
  const inUrl = PARAMETERS.find((name) => query.has(name));
  if (inUrl)
    return oauthError("invalid_request", `${inUrl} must be sent in the body, not in the URL`);
  if (!body || !isDeclaredUtf8(req)) return NOT_URLENCODED;
  const pairs = isMultipart(req)
    ? await decodeParts(body, req.headers["content-type"] ?? "")
    : decodeBody(body);
  return formOf(pairs);
}

function formOf(pairs: Pairs | undefined): { is: "form"; form: Form } | OAuthError {
  if (!pairs) return oauthError("invalid_request", "the body is not a valid form in UTF-8");
  const known = pairs.filter(([name]) => PARAMETERS.includes(name));
  const names = new Set(known.map(([name]) => name));
  if (names.size < known.length) return oauthError("invalid_request", "a parameter is repeated");
  return { is: "form", form: new Map(known.filter(([, value]) => value !== "")) };
}

/** Reads `multipart/form-data`. @returns undefined if it is malformed, not UTF-8, or has a file */
async function decodeParts(body: Buffer, contentType: string): Promise<Pairs | undefined> {
  if (!isUtf8(body)) return undefined;
  const text = body.toString();
  const pairs: Pairs = [];
  try {
    const parsed = await new Response(text, {
      headers: { "content-type": contentType },
    }).formData();
    for (const [name, value] of parsed) {
      // Node's parser decodes base64 and drops a byte order mark, which would make different passwords equal.
      const isVerbatim = typeof value === "string" && text.includes(`\r\n\r\n${value}\r\n--`);
      if (!isVerbatim) return undefined;
      pairs.push([name, value]);
    }
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
  return pairs;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeBody(body: Buffer): Pairs | undefined {
  try {
    return decodePairs(UTF8.decode(body));
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
