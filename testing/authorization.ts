/** A client that sends browsers to the authorization endpoint, and what it gets back. */
import { createHash, randomBytes } from "node:crypto";
import { decodeJwt } from "jose";
import { expect } from "vitest";
import type { HttpResponse, Service } from "./service.ts";
import { dataOf, type Visitor } from "./visitor.ts";

export const APP = "https://app.example.com/callback";

/** What the page shows for a request. */
export interface AuthorizationShown {
  is: "refused" | "log_in" | "log_in_again" | "log_in_as_another" | "choose" | "consent" | "done";
  fault?: string;
  ticket?: string;
  to?: string;
  account?: { email: string };
  client?: { name: string; host: string };
  scopes?: { name: string; text: string }[];
}

/** An authorization request with its verifier. */
export interface Ask {
  query: string;
  verifier: string;
  state: string;
}

/** @param parameters more, or others; one that is undefined is left out */
export function ask(parameters: Record<string, string | undefined> = {}): Ask {
  const verifier = randomBytes(32).toString("base64url");
  const state = randomBytes(8).toString("base64url");
  const all: Record<string, string | undefined> = {
    response_type: "code",
    client_id: "app",
    redirect_uri: APP,
    state,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    ...parameters,
  };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(all)) if (value !== undefined) query.set(name, value);
  return { query: query.toString(), verifier, state };
}

/** Registers a client. */
export const addApp = (
  service: Service,
  more: Partial<Parameters<Service["tegata"]["db"]["clients"]["add"]>[0]> = {},
) =>
  service.tegata.db.clients.add({
    id: "app",
    name: "The App",
    secretHash: null,
    grants: "authorization_code refresh_token",
    scopes: "me items",
    createdAtMs: 1,
    redirectUris: APP,
    firstParty: true,
    ...more,
  });

/** Sends a browser to the endpoint. */
export const visit = (service: Service, visitor: Visitor, { query }: Pick<Ask, "query">) =>
  service.request("GET", `/authorize?${query}`, {
    ...(visitor.cookie !== undefined && { headers: { cookie: visitor.cookie } }),
  });

/** Whether the endpoint keeps a browser, and shows its page. The page itself needs the build. */
export const isKept = (response: HttpResponse) => !response.headers.has("location");

/** What the page of a browser shows for a request. @param ticket of what it has shown before */
export const shownFor = async (visitor: Visitor, { query }: Pick<Ask, "query">, ticket?: string) =>
  dataOf<AuthorizationShown>(await visitor.call("authorization.show", { request: query, ticket }));

/** What the person does with what the page shows for a request. */
export const act = (
  visitor: Visitor,
  name: "choose" | "allow" | "deny",
  { query }: Pick<Ask, "query">,
  ticket = "",
) => visitor.call(`authorization.${name}`, { request: query, ticket });

/** Agrees to what the page shows for a request. @returns where the browser goes */
export const agree = async (
  visitor: Visitor,
  request: Pick<Ask, "query">,
  { ticket }: AuthorizationShown,
) => dataOf<{ to: string }>(await act(visitor, "allow", request, ticket)).to;

/** The parameters that a response of the endpoint takes to the client. */
export function returned(response: HttpResponse): Record<string, string> {
  expect(response.status, response.text).toBe(303);
  return parametersOf(response.headers.get("location") ?? "");
}

/** The parameters in a URL. */
export const parametersOf = (url: string) => Object.fromEntries(new URL(url).searchParams);

/** Gets a code for a browser that is logged in. */
export const codeFor = async (service: Service, visitor: Visitor, request: Ask): Promise<string> =>
  service.secret(returned(await visit(service, visitor, request))["code"] ?? expect.unreachable());

/** Exchanges a code. */
export const exchange = (
  service: Service,
  code: string,
  request: Pick<Ask, "verifier">,
  more: Record<string, string> = {},
  headers: Record<string, string> = {},
) =>
  service.token(
    {
      grant_type: "authorization_code",
      client_id: "app",
      redirect_uri: APP,
      code_verifier: request.verifier,
      code,
      ...more,
    },
    headers,
  );

/** Exchanges the code in a URL that leads to the client. @returns the ID token, and its claims */
export async function idTokenOf(
  service: Service,
  request: Ask,
  to = "",
  more: Record<string, string> = {},
) {
  const { code = "", state } = parametersOf(to);
  expect(state).toBe(request.state);
  const { json } = await exchange(service, service.secret(code), request, more);
  const { id_token } = json as { id_token: string };
  return { token: service.secret(id_token), claims: decodeJwt(id_token) };
}
