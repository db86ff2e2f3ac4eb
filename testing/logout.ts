/** A client that sends browsers to the logout endpoint, and what it gets back. */
import { type HttpResponse, ISSUER, type Service } from "./service.ts";
import { dataOf, type Visitor } from "./visitor.ts";

/** Where the client wants its users to be after a logout. */
export const LEFT = "https://app.example.com/left";

/** What the page shows for a request to log out. */
export interface LogoutShown {
  fault: string | null;
  account: { email: string } | null;
  to: string | null;
}

/** The parameters of a request; one that is undefined is left out. */
export type LogoutParameters = Record<string, string | undefined>;

/** The query of a request. */
export function logoutQuery(parameters: LogoutParameters): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined) query.set(name, value);
  return query.toString();
}

/** Sends a browser to the endpoint. The cookie that the response sets or removes is the browser's then. */
export async function visitLogout(
  service: Service,
  visitor: Visitor,
  query: string,
  { method = "GET", headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<HttpResponse> {
  const response = await service.request(method, `/logout?${query}`, {
    headers: { ...(visitor.cookie !== undefined && { cookie: visitor.cookie }), ...headers },
  });
  visitor.keep(response);
  return response;
}

/** What the page of a browser shows for a request. */
export const logoutShown = async (visitor: Visitor, query: string) =>
  dataOf<LogoutShown>(await visitor.call("logout.show", { request: query }));

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");

/** ID tokens that the client has changed, or has not got from this service. */
export const ALTERED = {
  "with alg none": (token) => {
    const [, payload] = token.split(".");
    return `${encode({ alg: "none", typ: "JWT" })}.${payload}.`;
  },
  "with another content": (token) => {
    const [header, , signature] = token.split(".");
    return `${header}.${encode({ iss: ISSUER, sub: "1", aud: "app", sid: "x" })}.${signature}`;
  },
  "that is none": () => "x",
} satisfies Record<string, (token: string) => string>;
