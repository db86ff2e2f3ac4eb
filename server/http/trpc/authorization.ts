/** The procedures of the page at `/authorize`: what it shows for a request of a client, and what the person decides. */
import type { z } from "zod";
import { type Browser, findBrowser } from "../../accounts/browser.ts";
import { giveConsent } from "../../accounts/consents.ts";
import type { Requester } from "../../requester.ts";
import type { Tegata } from "../../tegata.ts";
import { IDENTITY_SCOPES, type Scopes, scopeNames } from "../../tokens/scopes.ts";
import {
  errorUrl,
  grantCode,
  isQuestion,
  missingFor,
  sealQuestion,
} from "../login/authorization.ts";
import type { BrowserCookie } from "../login/cookie.ts";
import { type AuthorizationRequest, readAuthorizationRequest } from "../login/request.ts";
import { Refusal } from "../refusal.ts";
import { atLogin, router } from "./base.ts";
import { Authorization, AuthorizationShown, Decision, Destination } from "./schemas.ts";

/** Who asks from which browser. */
interface Visit {
  tegata: Tegata;
  cookie: BrowserCookie;
  requester: Requester;
}

export const authorizationRouter = router({
  /** What the page shows, or where the browser goes if nothing is missing. */
  show: atLogin
    .meta({ refusals: ["wrong_origin", "too_many_attempts"] })
    .input(Authorization)
    .output(AuthorizationShown)
    .mutation(async ({ ctx: { tegata, cookie }, input }) => {
      const read = await readAuthorizationRequest(tegata, input.request);
      if (read.is === "unproved") return { is: "refused", fault: read.fault };
      if (read.is === "refused") return { is: "done", to: errorUrl(tegata, read.to, read) };
      const { request } = read;
      const browser = await findBrowser(tegata, cookie.value);
      if (browser && !(await missingFor(tegata, request, browser))) {
        const granted = await grantCode(tegata, request, browser);
        if (granted.is === "throttled") throw new Refusal("too_many_attempts", granted);
        if (granted.is === "granted") return { is: "done", to: granted.to };
      }
      return shown(tegata, request, input.request, browser);
    }),

  /** The person agrees: the browser goes back to the client with a code. */
  allow: atLogin
    .meta({ refusals: ["wrong_origin", "stale_page", "too_many_attempts"] })
    .input(Decision)
    .output(Destination)
    .mutation(async ({ ctx, input }) => {
      const { tegata, requester } = ctx;
      const { request, browser } = await asked(ctx, input);
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
      const { request } = await asked(ctx, input);
      const description = "the user has not agreed";
      return { to: errorUrl(ctx.tegata, request, { error: "access_denied", description }) };
    }),
});

function shown(
  tegata: Tegata,
  request: AuthorizationRequest,
  query: string,
  browser: Browser | undefined,
): z.input<typeof AuthorizationShown> {
  const { redirectUri, scope } = request;
  const { name } = request.client;
  const { host, protocol } = new URL(redirectUri);
  // An app has a scheme of its own, and no host.
  const client = { name, host: host || protocol.slice(0, -1) };
  if (!browser) return { is: "log_in", client };
  const ticket = sealQuestion(tegata, query, request, browser);
  const texts: Scopes = { ...tegata.scopes, ...IDENTITY_SCOPES };
  const scopes = scopeNames(scope, tegata.scopes).map((one) => ({
    name: one,
    text: texts[one] ?? one,
  }));
  return { is: "consent", ticket, account: browser.user, client, scopes };
}

/** The request that the page has asked about, and the browser in which it has. @throws {Refusal} if it has not */
async function asked(
  { tegata, cookie }: Visit,
  { request: query, ticket }: z.output<typeof Decision>,
): Promise<{ request: AuthorizationRequest; browser: Browser }> {
  const browser = await findBrowser(tegata, cookie.value);
  const read = await readAuthorizationRequest(tegata, query);
  if (
    !browser ||
    read.is !== "request" ||
    !isQuestion(tegata, ticket, query, read.request, browser)
  )
    throw new Refusal("stale_page");
  return { request: read.request, browser };
}
