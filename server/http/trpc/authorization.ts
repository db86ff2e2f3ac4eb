/** The procedures of the page at `/authorize`: what it shows for a request of a client, and what the person decides. */
import type { z } from "zod";
import { type Browser, findBrowser } from "../../accounts/browser.ts";
import { giveConsent } from "../../clients/consents.ts";
import type { Requester } from "../../requester.ts";
import type { Tegata } from "../../tegata.ts";
import { describeScopes, scopeNames } from "../../tokens/scopes.ts";
import { grantCode, type Missing, missingFor, respond } from "../login/authorization.ts";
import type { BrowserCookie } from "../login/cookie.ts";
import { newQuestion, openQuestion, type Question, sealQuestion } from "../login/question.ts";
import { type AuthorizationRequest, readAuthorizationRequest } from "../login/request.ts";
import { errorUrl } from "../login/response.ts";
import { Refusal } from "../refusal.ts";
import { atLogin, router } from "./base.ts";
import { Authorization, AuthorizationShown, Decision, Destination } from "./login-schemas.ts";

/** The caller and its browser. */
interface Visit {
  tegata: Tegata;
  cookie: BrowserCookie;
  requester: Requester;
}

/** What the page has been shown with. */
interface Asked {
  request: AuthorizationRequest;
  browser: Browser;
  question: Question;
}

export const authorizationRouter = router({
  /**
   * What the page shows, or where the browser goes if nothing is missing. With the ticket of what it showed before, somebody
   * who has logged in since is not asked to do so again.
   */
  show: atLogin
    .meta({ refusals: ["wrong_origin", "too_many_attempts"] })
    .input(Authorization)
    .output(AuthorizationShown)
    .mutation(async ({ ctx: { tegata, cookie }, input: { request: query, ticket } }) => {
      const read = await readAuthorizationRequest(tegata, query);
      if (read.is === "unproved") return { is: "refused", fault: read.fault };
      if (read.is === "refused") return { is: "done", to: errorUrl(tegata, read.to, read) };
      const { request } = read;
      const browser = await findBrowser(tegata, cookie.value);
      const before =
        ticket === undefined ? undefined : openQuestion(tegata, ticket, query, request);
      return show(tegata, query, request, browser, before ?? newQuestion(tegata, browser));
    }),

  /** The person goes on as the account that the page shows. Returns what it shows then. */
  choose: atLogin
    .meta({ refusals: ["wrong_origin", "stale_page", "too_many_attempts"] })
    .input(Decision)
    .output(AuthorizationShown)
    .mutation(async ({ ctx, input }) => {
      const { request, browser, question } = await readAsked(ctx, input);
      const chosen = { ...question, isChosen: true };
      return show(ctx.tegata, input.request, request, browser, chosen);
    }),

  /** The person agrees: the browser goes back to the client with a code. */
  allow: atLogin
    .meta({ refusals: ["wrong_origin", "stale_page", "too_many_attempts"] })
    .input(Decision)
    .output(Destination)
    .mutation(async ({ ctx, input }) => {
      const { tegata, requester } = ctx;
      const { request, browser, question } = await readAsked(ctx, input);
      const missing = await missingFor(tegata, request, browser, question);
      if (missing && !isAgreement(missing)) throw new Refusal("stale_page");
      await giveConsent(tegata, { ...request, userId: browser.user.id }, requester);
      const granted = await grantCode(tegata, request, browser);
      if (granted.is === "throttled") throw new Refusal("too_many_attempts", granted);
      if (granted.is === "logged_out") throw new Refusal("stale_page");
      return { to: granted.to };
    }),

  /** The person does not agree: the browser goes back to the client with an error. */
  deny: atLogin
    .meta({ refusals: ["wrong_origin", "stale_page"] })
    .input(Decision)
    .output(Destination)
    .mutation(async ({ ctx, input }) => {
      const { request } = await readAsked(ctx, input);
      const description = "the user has not agreed";
      return { to: errorUrl(ctx.tegata, request, { error: "access_denied", description }) };
    }),
});

/** Whether an agreement is what is missing. */
const isAgreement = (missing: Missing): missing is "consent" | "confirm" =>
  missing === "consent" || missing === "confirm";

/** @returns what the page shows, or where the browser goes */
async function show(
  tegata: Tegata,
  query: string,
  request: AuthorizationRequest,
  browser: Browser | undefined,
  before: Question,
): Promise<z.input<typeof AuthorizationShown>> {
  const response = await respond(tegata, request, browser, before);
  if (response.is === "throttled") throw new Refusal("too_many_attempts", response);
  if (response.is === "done") return response;
  // A choice counts only for the account that the page has shown.
  const sessionId = browser?.session.id ?? null;
  const isChosen = before.isChosen && before.sessionId === sessionId;
  const ticket = sealQuestion(tegata, query, request, { ...before, sessionId, isChosen });
  const shown = { ticket, client: shownClient(request) };
  const { missing } = response;
  if (!browser || missing === "log_in") return { is: "log_in", ...shown };
  const account = browser.user;
  if (!isAgreement(missing)) return { is: missing, ...shown, account };
  const names = scopeNames(request.scope, tegata.scopes);
  return { is: "consent", ...shown, account, scopes: describeScopes(names, tegata.scopes) };
}

function shownClient({ redirectUri, client: { name } }: AuthorizationRequest) {
  const { host, protocol } = new URL(redirectUri);
  // An app has a scheme of its own, and no host.
  return { name, host: host || protocol.slice(0, -1) };
}

/** Reads what the page has asked, and in which browser. @throws {Refusal} if it has asked something else */
async function readAsked(
  { tegata, cookie }: Visit,
  { request: query, ticket }: z.output<typeof Decision>,
): Promise<Asked> {
  const browser = await findBrowser(tegata, cookie.value);
  const read = await readAuthorizationRequest(tegata, query);
  if (!browser || read.is !== "request") throw new Refusal("stale_page");
  const { request } = read;
  const question = openQuestion(tegata, ticket, query, request);
  if (question?.sessionId !== browser.session.id) throw new Refusal("stale_page");
  return { request, browser, question };
}
