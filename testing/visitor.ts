/** A browser as the service sees it: it keeps cookies, and names its origin in every POST. */
import { expect } from "vitest";
import type { HttpResponse, Service } from "./service.ts";
import { ISSUER } from "./service.ts";

/** What `login.show` and `login.password` answer. */
export interface Shown {
  is: "log_in" | "logged_in";
  ticket: string;
  account?: { id: number; email: string };
}

/** The tokens of a page. */
export interface PageTokens {
  accessToken: string;
  refreshToken: string;
  scope: string;
}

/** One browser. */
export class Visitor {
  readonly #service: Service;
  readonly #origin: string;
  /** What it keeps: the cookie with its name, as the browser sends it. */
  cookie: string | undefined;
  /** The `Set-Cookie` of the latest response that had one. */
  setCookie = "";

  constructor(service: Service, origin = ISSUER) {
    this.#service = service;
    this.#origin = origin;
  }

  /** Calls a procedure of the log-in page. @param headers in place of those that a page sends */
  async call(
    procedure: string,
    input?: unknown,
    headers: Record<string, string> = {},
  ): Promise<HttpResponse> {
    const response = await this.#service.request("POST", `/trpc/login.${procedure}`, {
      body: input === undefined ? "" : JSON.stringify(input),
      headers: {
        "content-type": "application/json",
        origin: this.#origin,
        ...(this.cookie !== undefined && { cookie: this.cookie }),
        ...headers,
      },
    });
    this.keep(response);
    return response;
  }

  /** Keeps the cookie that a response sets, or forgets the one that it removes. */
  keep({ headers }: HttpResponse): void {
    for (const text of headers.getSetCookie()) this.#keep(text);
  }

  #keep(setCookie: string): void {
    this.setCookie = setCookie;
    const [pair = ""] = setCookie.split(";");
    const isCleared = /; Max-Age=0(;|$)/.test(setCookie);
    this.cookie = isCleared ? undefined : pair;
    if (!isCleared) this.#service.secret(pair.slice(pair.indexOf("=") + 1));
  }

  /** What the page shows. */
  async show(): Promise<Shown> {
    return dataOf<Shown>(await this.call("show"));
  }

  /** Sends the form of the log-in page. */
  async password(
    { email, password }: { email: string; password: string },
    more: { ticket?: string; remember?: boolean } = {},
  ): Promise<HttpResponse> {
    const { ticket = (await this.show()).ticket, remember = false } = more;
    return this.call("password", { ticket, login: email, password, remember });
  }

  /** Logs in. @returns what the page shows then */
  async logIn(person: { email: string; password: string }, remember = false): Promise<Shown> {
    return dataOf<Shown>(await this.password(person, { remember }));
  }

  /** Opens a page of the service that needs tokens. */
  async open(): Promise<PageTokens> {
    const { ticket } = await this.show();
    const tokens = dataOf<PageTokens>(await this.call("open", { ticket }));
    this.#service.secret(tokens.accessToken);
    this.#service.secret(tokens.refreshToken);
    return tokens;
  }

  /** Logs out. @returns whether the browser was logged in */
  async leave(): Promise<boolean> {
    return dataOf<boolean>(await this.call("leave"));
  }
}

/** A new person in a browser that is logged in. @param details of the account @param origin that of the service */
export async function arrive(
  service: Service,
  details: { fullName?: string } = {},
  origin?: string,
) {
  const person = await service.person(details);
  const visitor = new Visitor(service, origin);
  await visitor.logIn(person);
  return { person, visitor };
}

/** The output of a procedure. */
export function dataOf<T>(response: HttpResponse): T {
  expect(response).toMatchObject({ status: 200 });
  return (response.json as { result: { data: T } }).result.data;
}
