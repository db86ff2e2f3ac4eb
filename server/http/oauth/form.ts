/** Reads the form of an OAuth endpoint (RFC 6749 section 3.2 and appendix B): strictly, once, from bytes to parameters. */
import { type Request, type RequestHandler, raw } from "express";
import { type OAuthError, oauthError } from "./error.ts";

/** The parameters of a request by name. One that was sent without a value is not here (RFC 6749 section 3.2). */
export type Form = ReadonlyMap<string, string>;

const FORM_TYPE = "application/x-www-form-urlencoded";

/** Takes the body of a form as bytes: at most 16 kB, never compressed. */
export const formBody: RequestHandler = raw({ type: FORM_TYPE, limit: "16kb", inflate: false });

/** What must never stand in a URL, where every log on the way would keep it. */
const PARAMETERS: readonly string[] = [
  "grant_type",
  "username",
  "password",
  "scope",
  "client_id",
  "client_secret",
  "refresh_token",
  "token",
  "token_type_hint",
];

/** @returns the parameters, or why the request is refused. */
export function parseForm(req: Request): { is: "form"; form: Form } | OAuthError {
  const inUrl = PARAMETERS.find((name) => Object.hasOwn(req.query, name));
  if (inUrl)
    return oauthError("invalid_request", `${inUrl} must be sent in the body, not in the URL`);
  if (!isForm(req)) return oauthError("invalid_request", `the body must be ${FORM_TYPE} in UTF-8`);
  const pairs = decodeForm(req.body instanceof Buffer ? req.body : Buffer.alloc(0));
  if (!pairs) return oauthError("invalid_request", "the body is not a valid form in UTF-8");
  const names = new Set(pairs.map(([name]) => name));
  if (names.size < pairs.length) return oauthError("invalid_request", "a parameter is repeated");
  return { is: "form", form: new Map(pairs.filter(([, value]) => value !== "")) };
}

function isForm(req: Request): boolean {
  const charset = req.headers["content-type"]?.match(/;\s*charset="?([^";\s]*)/i)?.[1] ?? "utf-8";
  return typeof req.is(FORM_TYPE) === "string" && charset.toLowerCase() === "utf-8";
}

/** Unlike URLSearchParams, which puts U+FFFD for what it cannot read: two passwords would become one. */
function decodeForm(body: Buffer): (readonly [string, string])[] | undefined {
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
    // The decoder's TypeError, decodeURIComponent's URIError.
    if (error instanceof TypeError || error instanceof URIError) return undefined;
    throw error;
  }
}
