/** Reading the form of an OAuth endpoint (RFC 6749 section 3.2 and appendix B): strictly and once. */
import type { Request } from "express";
import { FORM_TYPE, readBytes } from "../edge/body.ts";
import { type OAuthError, oauthError } from "./error.ts";
import { GRANTS } from "./grants/index.ts";

/** The parameters of a request by name. A parameter without a value is omitted (RFC 6749 section 3.2). */
export type Form = ReadonlyMap<string, string>;

/** The parameters that must never be in a URL, which logs keep. */
const PARAMETERS: readonly string[] = [
  "grant_type",
  ...[...GRANTS.values()].flatMap(({ parameters }) => Object.keys(parameters.shape)),
  "client_id",
  "client_secret",
  "token",
  "token_type_hint",
];

/** Reads the form of a request. @returns the form, or why the request is rejected */
export async function readForm(req: Request): Promise<{ is: "form"; form: Form } | OAuthError> {
  const body = await readBytes(req);
  const inUrl = PARAMETERS.find((name) => Object.hasOwn(req.query, name));
  if (inUrl)
    return oauthError("invalid_request", `${inUrl} must be sent in the body, not in the URL`);
  if (!isForm(req)) return oauthError("invalid_request", `the body must be ${FORM_TYPE} in UTF-8`);
  const pairs = decodePairs(body);
  if (!pairs) return oauthError("invalid_request", "the body is not a valid form in UTF-8");
  const names = new Set(pairs.map(([name]) => name));
  if (names.size < pairs.length) return oauthError("invalid_request", "a parameter is repeated");
  return { is: "form", form: new Map(pairs.filter(([, value]) => value !== "")) };
}

function isForm(req: Request): boolean {
  const charset = req.headers["content-type"]?.match(/;\s*charset="?([^";\s]*)/i)?.[1] ?? "utf-8";
  return typeof req.is(FORM_TYPE) === "string" && charset.toLowerCase() === "utf-8";
}

/** Unlike URLSearchParams, it does not replace invalid bytes by U+FFFD, which would make different passwords equal. */
function decodePairs(body: Buffer): (readonly [string, string])[] | undefined {
  const decode = (text: string) => decodeURIComponent(text.replaceAll("+", " "));
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
    return text
      .split("&")
      .filter((pair) => pair !== "")
      .map((pair) => {
        const [name = "", ...value] = pair.split("=");
        return [decode(name), decode(value.join("="))] as const;
      });
  } catch (error) {
    // TextDecoder throws a TypeError, decodeURIComponent a URIError.
    if (error instanceof TypeError || error instanceof URIError) return undefined;
    throw error;
  }
}
