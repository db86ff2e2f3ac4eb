/** Responding to an authorization request: with what is missing, with a code, or with an error (RFC 6749 section 4.1.2). */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Browser } from "../../accounts/browser.ts";
import { issueCode } from "../../clients/codes.ts";
import { hasConsent } from "../../clients/consents.ts";
import { HOUR_MS } from "../../durations.ts";
import type { Tegata } from "../../tegata.ts";
import type { Throttled } from "../../throttle/counting.ts";
import type { Purpose } from "../../tokens/tickets.ts";
import type { AuthorizationError, AuthorizationRequest, Recipient } from "./request.ts";

/** How long a page can ask before it has to be shown again. */
const PAGE_MS = HOUR_MS;

/** What a page has asked, and whom: nobody agrees to another request, or as another account, than they see. */
const QUESTION: Purpose<{ request: string; sessionId: string }> = {
  name: "consent page",
  data: z.strictObject({ request: z.string(), sessionId: z.string() }),
};

/** Seals what a page asks. @param query the request as it was sent */
export const sealQuestion = (
  { tickets, now }: Pick<Tegata, "tickets" | "now">,
  query: string,
  request: AuthorizationRequest,
  { session }: Browser,
): string =>
  tickets.seal(
    QUESTION,
    { request: hashOf(query, request), sessionId: session.id },
    now() + PAGE_MS,
  );

/** Whether a page has asked this, and the same login. */
export function isQuestion(
  { tickets }: Pick<Tegata, "tickets">,
  ticket: string,
  query: string,
  request: AuthorizationRequest,
  browser: Browser | undefined,
): boolean {
  const asked = tickets.open(QUESTION, ticket);
  return asked?.request === hashOf(query, request) && asked.sessionId === browser?.session.id;
}

/** What was sent, and what was shown of it: an operator may rename a client or give it more scopes. */
const hashOf = (query: string, { client, scope }: AuthorizationRequest) =>
  createHash("sha256")
    .update(JSON.stringify([query, client.name, client.scope, scope]))
    .digest("base64url");

/** What a request still needs from the person at the browser. */
export type Missing = "login" | "consent";

/** @param browser undefined if nobody is logged in. @returns undefined if nothing is missing */
export async function missingFor(
  tegata: Tegata,
  request: AuthorizationRequest,
  browser: Browser | undefined,
): Promise<Missing | undefined> {
  if (!browser) return "login";
  // Any program on the machine can be at such a URI, so the person says each time that they started it (RFC 8252 section 8.6).
  if (!isAssured(request, tegata)) return "consent";
  const question = { userId: browser.user.id, ...request };
  return (await hasConsent(tegata, question)) ? undefined : "consent";
}

/** Whether only the client can be at the redirect URI: a site on https, or a page of this service. */
const isAssured = ({ redirectUri }: AuthorizationRequest, { settings }: Pick<Tegata, "settings">) =>
  redirectUri.startsWith("https:") || redirectUri.startsWith(`${new URL(settings.issuer).origin}/`);

/** The result of granting a request: the URL that takes the code to the client, unless the browser has been logged out. */
export type Granted = { is: "granted"; to: string } | { is: "logged_out" } | Throttled;

/** Grants a request. Codes are counted with the pages that a browser opens: neither needs a password. */
export async function grantCode(
  tegata: Tegata,
  request: AuthorizationRequest,
  browser: Browser,
): Promise<Granted> {
  const { client, redirectUri, scope, challenge } = request;
  const throttled = await tegata.throttle.openPage(browser.session.id);
  if (throttled) return throttled;
  const asked = { clientId: client.id, redirectUri, scope, challenge };
  const code = await issueCode(tegata, browser.session.id, asked);
  if (code === undefined) return { is: "logged_out" };
  return { is: "granted", to: responseUrl(tegata, request, { code }) };
}

/** @returns the URL that takes an error to the client */
export const errorUrl = (
  tegata: Pick<Tegata, "settings">,
  to: Recipient,
  { error, description }: AuthorizationError,
): string => responseUrl(tegata, to, { error, error_description: description });

/** Adds a response to the redirect URI, whose own query stays. `iss` says which server it is from (RFC 9207 section 2). */
function responseUrl(
  { settings }: Pick<Tegata, "settings">,
  { redirectUri, state }: Recipient,
  response: Record<string, string>,
): string {
  const parameters = { ...response, ...(state !== undefined && { state }), iss: settings.issuer };
  // Not URLSearchParams, which writes a space as `+`: some clients do not read that in a URL.
  const pairs = Object.entries(parameters).map(
    ([key, text]) => `${key}=${encodeURIComponent(text)}`,
  );
  return `${redirectUri}${redirectUri.includes("?") ? "&" : "?"}${pairs.join("&")}`;
}
