/** Responding to an authorization request: with what is missing, with a code, or with an error (RFC 6749 section 4.1.2). */
import type { Browser } from "../../accounts/browser.ts";
import { issueCode } from "../../clients/codes.ts";
import { hasConsent } from "../../clients/consents.ts";
import type { Tegata } from "../../tegata.ts";
import type { Throttled } from "../../throttle/counting.ts";
import { isNewLogin, type Question } from "./question.ts";
import type { AuthorizationRequest } from "./request.ts";
import { type AuthorizationError, errorUrl, responseUrl } from "./response.ts";

/**
 * What a request still needs from the person at the browser, in this order. `log_in_as_another`: a login as the user whom the
 * request names; `confirm`: a confirmation that they started the program at the redirect URI.
 */
export type Missing =
  | "log_in"
  | "log_in_as_another"
  | "log_in_again"
  | "choose"
  | "consent"
  | "confirm";

/**
 * @param browser undefined if nobody is logged in
 * @param question what the page has asked; undefined if it was not shown
 * @returns undefined if nothing is missing
 */
export async function missingFor(
  tegata: Tegata,
  request: AuthorizationRequest,
  browser: Browser | undefined,
  question: Question | undefined,
): Promise<Missing | undefined> {
  if (!browser) return "log_in";
  const { session, user } = browser;
  const { prompts, maxAgeMs, subject } = request;
  if (subject !== undefined && subject !== String(user.id)) return "log_in_as_another";
  const isNew = question !== undefined && isNewLogin(question, browser);
  const ageMs = tegata.now() - (session.authTimeMs ?? 0);
  if (!isNew && (maxAgeMs === 0 || ageMs > maxAgeMs)) return "log_in_again";
  const isChosen = isNew || (question?.isChosen && question.sessionId === session.id);
  if (prompts.has("select_account") && !isChosen) return "choose";
  if (prompts.has("consent")) return "consent";
  if (!(await hasConsent(tegata, { userId: user.id, ...request }))) return "consent";
  // Any program on the machine can be at such a URI: the person confirms each time that they started it (RFC 8252 section 8.6).
  return isAssured(request, tegata) ? undefined : "confirm";
}

/** Whether only the client can be at the redirect URI: a site on https, or a page of this service. */
const isAssured = ({ redirectUri }: AuthorizationRequest, { settings }: Pick<Tegata, "settings">) =>
  redirectUri.startsWith("https:") || redirectUri.startsWith(`${new URL(settings.issuer).origin}/`);

/** The errors for a request with `prompt=none`, which shows no page (OpenID Connect Core section 3.1.2.6). */
const UNASKED: Readonly<Record<Missing, AuthorizationError>> = {
  log_in: { error: "login_required", description: "nobody is logged in" },
  log_in_as_another: { error: "login_required", description: "another user is logged in" },
  log_in_again: { error: "login_required", description: "the login is older than max_age" },
  choose: { error: "account_selection_required", description: "the user has not chosen" },
  consent: { error: "consent_required", description: "the user has not agreed" },
  confirm: {
    error: "interaction_required",
    description: "the user must confirm a redirect URI that is not https",
  },
};

/** The response to a request: where the browser goes with it, or what the page asks first. */
export type Response = { is: "done"; to: string } | { is: "missing"; missing: Missing } | Throttled;

/** Responds to a request. The parameters are those of {@link missingFor}. */
export async function respond(
  tegata: Tegata,
  request: AuthorizationRequest,
  browser: Browser | undefined,
  question: Question | undefined,
): Promise<Response> {
  const missing = await missingFor(tegata, request, browser, question);
  const granted = browser && !missing ? await grantCode(tegata, request, browser) : undefined;
  if (granted && granted.is !== "logged_out") return granted;
  const lacking = missing ?? "log_in";
  return request.prompts.has("none")
    ? { is: "done", to: errorUrl(tegata, request, UNASKED[lacking]) }
    : { is: "missing", missing: lacking };
}

/** The result of granting a request: the URL that takes the code to the client, unless the browser has been logged out. */
export type Granted = { is: "done"; to: string } | { is: "logged_out" } | Throttled;

/** Grants a request. Codes are counted for each client, as the pages that a browser opens are: neither needs a password. */
export async function grantCode(
  tegata: Tegata,
  request: AuthorizationRequest,
  browser: Browser,
): Promise<Granted> {
  const { client, redirectUri, scope, challenge, nonce } = request;
  const throttled = await tegata.throttle.openPage(browser.session.id, client.id);
  if (throttled) return throttled;
  const asked = { clientId: client.id, redirectUri, scope, challenge, nonce };
  const code = await issueCode(tegata, browser.session, asked);
  if (code === undefined) return { is: "logged_out" };
  return { is: "done", to: responseUrl(tegata, request, { code }) };
}
