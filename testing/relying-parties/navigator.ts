/** A browser without a window: it keeps the cookies of every host, follows redirects, and does on Tegata's pages what a person does. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text as textOf } from "node:stream/consumers";
import { expect } from "vitest";
import { act, shownFor } from "../authorization.ts";
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

/** A browser of somebody who has an account. */
export class Navigator {
  readonly visitor: Visitor;
  readonly #issuer: Issuer;
  /** Whether they let applications do what those ask for. */
  agrees = true;
  /** Who logs in; undefined if nobody does. */
  person: { email: string; password: string } | undefined;
  /** The cookies of each host, whose ports share them, by their names. Tegata's own are those of the visitor. */
  readonly #cookies = new Map<string, Map<string, string>>();

  constructor(issuer: Issuer, person: { email: string; password: string }) {
    this.visitor = new Visitor(issuer.service, issuer.url);
    this.#issuer = issuer;
    this.person = person;
  }

  /** Opens a URL, or sends a form there. @returns where the redirects end */
  async open(to: string | URL, form?: Record<string, string>): Promise<Arrived> {
    let url = new URL(to);
    let body = form && new URLSearchParams(form).toString();
    for (let count = 0; count < MAX_REDIRECTS; count++) {
      const { status, headers, text } = await send(url, this.#cookiesFor(url), body);
      if (url.origin !== this.#issuer.url) this.#keep(url.hostname, headers["set-cookie"]);
      const location = headers.location ?? (await this.#act(url, status));
      if (location === undefined) return { url, status, text };
      url = new URL(location, url);
      body = undefined;
    }
    throw new Error(`the redirects do not end: ${url}`);
  }

  /** Does on a page what it asks for. @returns where it leads; undefined if it stays there */
  async #act({ origin, pathname, search }: URL, status: number): Promise<string | undefined> {
    if (origin !== this.#issuer.url) return undefined;
    expect({ status, pathname }).toEqual({ status: 200, pathname: "/authorize" });
    const request = { query: search.slice(1) };
    let shown = await shownFor(this.visitor, request);
    if (shown.is === "log_in" || shown.is === "log_in_again") {
      if (!this.person) return undefined;
      await this.visitor.logIn(this.person);
      shown = await shownFor(this.visitor, request, shown.ticket);
    }
    if (shown.is === "done") return shown.to;
    const answer = await act(this.visitor, this.agrees ? "allow" : "deny", request, shown.ticket);
    return dataOf<{ to: string }>(answer).to;
  }

  #cookiesFor({ origin, hostname }: URL): string {
    if (origin === this.#issuer.url) return this.visitor.cookie ?? "";
    const cookies = this.#cookies.get(hostname) ?? [];
    return [...cookies].map((pair) => pair.join("=")).join("; ");
  }

  #keep(host: string, setCookies: readonly string[] = []): void {
    const cookies = this.#cookies.get(host) ?? new Map<string, string>();
    this.#cookies.set(host, cookies);
    for (const text of setCookies) {
      const [, name = "", value = ""] = /^([^=]*)=([^;]*)/.exec(text) ?? [];
      const expires = /; *expires=([^;]*)/i.exec(text)?.[1];
      const isPast = expires !== undefined && new Date(expires).getTime() <= Date.now();
      if (isPast || /; *max-age=0(;|$)/i.test(text)) cookies.delete(name);
      else cookies.set(name, value);
    }
  }
}

/** Sends a request as a browser does that goes to another page. `fetch` says that it does not. @param form sends it by POST */
async function send(url: URL, cookie: string, form: string | undefined) {
  const headers = {
    cookie,
    accept: "text/html",
    "sec-fetch-mode": "navigate",
    ...(form !== undefined && { "content-type": "application/x-www-form-urlencoded" }),
  };
  const sent = request(url, { method: form === undefined ? "GET" : "POST", headers });
  // mod_auth_openidc sends a second page behind that of an error. The first has been read then.
  sent.on("error", () => undefined);
  sent.end(form);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: await textOf(response),
  };
}
