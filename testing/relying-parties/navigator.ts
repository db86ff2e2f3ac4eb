/** A browser without a window: it keeps the cookies of every host, follows redirects, and does on Tegata's pages what a person does. */
import { expect } from "vitest";
import { shownFor } from "../authorization.ts";
import { dataOf, Visitor } from "../visitor.ts";
import type { Issuer } from "./issuer.ts";

/** Where a browser has arrived. */
export interface Arrived {
  url: URL;
  status: number;
  text: string;
}

/** More than any client needs. */
const MAX_REDIRECTS = 15;

/** A browser of a person who has an account. */
export class Navigator {
  readonly visitor: Visitor;
  readonly #issuer: Issuer;
  readonly #person: { email: string; password: string };
  /** The cookies of each host, whose ports share them, by their names. Tegata's own are those of the visitor. */
  readonly #cookies = new Map<string, Map<string, string>>();

  constructor(issuer: Issuer, person: { email: string; password: string }) {
    this.visitor = new Visitor(issuer.service, issuer.url);
    this.#issuer = issuer;
    this.#person = person;
  }

  /** Opens a URL, or sends a form there. @returns where the redirects end, at another page than one of Tegata */
  async open(to: string | URL, form?: Record<string, string>): Promise<Arrived> {
    let url = new URL(to);
    let body = form && new URLSearchParams(form);
    for (let count = 0; count < MAX_REDIRECTS; count++) {
      const response = await fetch(url, {
        method: body ? "POST" : "GET",
        redirect: "manual",
        headers: { cookie: this.#cookiesFor(url), accept: "text/html" },
        ...(body && { body }),
      });
      const text = await response.text();
      if (url.origin !== this.#issuer.url) this.#keep(url.hostname, response.headers);
      const location = response.headers.get("location") ?? (await this.#act(url, response.status));
      if (location === undefined) return { url, status: response.status, text };
      url = new URL(location, url);
      body = undefined;
    }
    throw new Error(`the redirects do not end: ${url}`);
  }

  /** Does on a page what it asks for. @returns where it leads; undefined if it is not Tegata's */
  async #act({ origin, pathname, search }: URL, status: number): Promise<string | undefined> {
    if (origin !== this.#issuer.url) return undefined;
    expect({ status, pathname }).toEqual({ status: 200, pathname: "/authorize" });
    const request = { query: search.slice(1) };
    let shown = await shownFor(this.visitor, request);
    if (shown.is === "log_in") {
      await this.visitor.logIn(this.#person);
      shown = await shownFor(this.visitor, request);
    }
    if (shown.is === "done") return shown.to;
    expect(shown).toMatchObject({ is: "consent", account: { email: this.#person.email } });
    const decision = { request: request.query, ticket: shown.ticket };
    const answer = await this.visitor.call("authorization.allow", decision);
    return dataOf<{ to: string }>(answer).to;
  }

  #cookiesFor({ origin, hostname }: URL): string {
    if (origin === this.#issuer.url) return this.visitor.cookie ?? "";
    const cookies = this.#cookies.get(hostname) ?? [];
    return [...cookies].map((pair) => pair.join("=")).join("; ");
  }

  #keep(host: string, headers: Headers): void {
    const cookies = this.#cookies.get(host) ?? new Map<string, string>();
    this.#cookies.set(host, cookies);
    for (const text of headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]*)=([^;]*)/.exec(text) ?? [];
      const expires = /; *expires=([^;]*)/i.exec(text)?.[1];
      const isPast = expires !== undefined && new Date(expires).getTime() <= Date.now();
      if (isPast || /; *max-age=0(;|$)/i.test(text)) cookies.delete(name);
      else cookies.set(name, value);
    }
  }
}
