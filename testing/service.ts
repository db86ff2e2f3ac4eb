/** Runs the whole service inside the test process: a real database and a real socket, but a clock that tests can move. */
import type { Socket } from "node:net";
import { afterAll, beforeAll, expect } from "vitest";
import { hashSecret } from "../server/clients/secrets.ts";
import { loadSettings } from "../server/environment.ts";
import { createApp } from "../server/http/app.ts";
import { type Listening, listen } from "../server/http/edge/listen.ts";
import { openLog } from "../server/log.ts";
import type { Message } from "../server/mail/message.ts";
import { openTegata, type Tegata } from "../server/tegata.ts";
import { SCOPES } from "../server/tokens/scopes.ts";
import type { Engine } from "./engines.ts";

/** A response whose body has been read. */
export interface HttpResponse {
  status: number;
  headers: Headers;
  text: string;
  /** The parsed body; undefined if it is not JSON. */
  json: unknown;
}

/** A password that satisfies every password policy. */
export const PASSWORD = "correct horse battery";
/** Another one, for those who change theirs. */
export const NEW_PASSWORD = "another horse battery";
/** The SECRET_KEY of every service, unless a test sets another. */
export const SECRET_KEY = "a secret of the tests and long enough 0123456789";
/** The ISSUER of every service, unless a test sets another. */
export const ISSUER = "https://tegata.test";
/** The ISSUER of a service whose pages a browser opens: people log in only there. Its own port will do. */
export const LOCAL = { ISSUER: "http://127.0.0.1" };
/** All scopes of the service: what a login gets that asks for none. */
export const FULL_SCOPE = Object.keys(SCOPES).join(" ");

type Form = Record<string, string> | string;

/** A running service. */
export class Service {
  /** The lines of its log. */
  readonly logged: string[] = [];
  /** The mails that it has sent, unless it has a MAIL_URL or runs in production. */
  readonly mails: Message[] = [];
  /** How far its clock is ahead of the real clock, in milliseconds. */
  ahead = 0;
  /** When its clock was stopped, in epoch milliseconds; undefined while it runs. */
  stoppedAt: number | undefined;
  tegata!: Tegata;
  url!: string;
  #listening: Listening | undefined;
  readonly #connections = new Set<Socket>();
  readonly #secrets = new Set<string>();
  #people = 0;

  async start(engine: Engine, env: Record<string, string>): Promise<void> {
    const loaded = loadSettings({
      DATABASE_URL: await engine.emptyDatabase(),
      PORT: "0",
      SECRET_KEY,
      ISSUER,
      BCRYPT_COST: "4",
      // All tests send from one address.
      LOGIN_FAILURES_PER_ADDRESS: "1000000",
      REGISTRATIONS_PER_ADDRESS: "1000000",
      ...env,
    });
    if (loaded.is === "invalid") throw new Error(loaded.problems.join("\n"));
    const { mailUrl, production } = loaded.settings;
    const deliver = async (message: Message) => {
      this.mails.push(message);
      const [link] = linksOf(message);
      if (link) this.secret(link.token);
    };
    this.tegata = await openTegata(loaded.settings, {
      ...(mailUrl === undefined && !production && { transport: { name: "a list", deliver } }),
      now: () => (this.stoppedAt ?? Date.now()) + this.ahead,
      log: openLog({ logLevel: "trace" }, { write: (line) => void this.logged.push(line) }),
    });
    const app = createApp(this.tegata);
    this.#listening = await listen(
      (req, res) => {
        this.#connections.add(req.socket);
        app.serve(req, res);
      },
      loaded.settings,
      (req) => {
        this.#connections.add(req.socket);
        return app.direct(req);
      },
    );
    this.url = this.#listening.url;
  }

  /** Stops the service. Expects that its log contains none of the texts that were passed to {@link secret}. */
  async stop(): Promise<void> {
    const closed = this.#listening?.close();
    // By now they are all idle. The service would wait a second for further requests on them.
    for (const connection of this.#connections) connection.destroy();
    await closed;
    await this.tegata?.close();
    const log = this.logged.join("");
    for (const secret of this.#secrets)
      expect(log.includes(secret), "a secret is in the log").toBe(false);
  }

  /** Registers a text that must not appear in the log. @returns the text. */
  secret(text: string): string {
    this.#secrets.add(text);
    return text;
  }

  async request(
    method: string,
    path: string,
    init: Omit<RequestInit, "method"> = {},
  ): Promise<HttpResponse> {
    const response = await fetch(this.url + path, { method, redirect: "manual", ...init });
    const text = await response.text();
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      // Not JSON. What that means is up to the test.
    }
    return { status: response.status, headers: response.headers, text, json };
  }

  /** Calls `POST /token`. */
  token(form: Form, headers: Record<string, string> = {}): Promise<HttpResponse> {
    return this.post("/token", form, headers);
  }

  /** Sends a form. */
  post(path: string, form: Form, headers: Record<string, string> = {}): Promise<HttpResponse> {
    const body = typeof form === "string" ? form : new URLSearchParams(form).toString();
    return this.request("POST", path, {
      body,
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    });
  }

  /** Calls a tRPC query. */
  query(procedure: string, token?: string): Promise<HttpResponse> {
    return this.request("GET", `/trpc/${procedure}`, { headers: bearer(token) });
  }

  /** Calls a tRPC mutation. */
  mutate(procedure: string, input?: unknown, token?: string): Promise<HttpResponse> {
    return this.request("POST", `/trpc/${procedure}`, {
      body: input === undefined ? "" : JSON.stringify(input),
      headers: { "content-type": "application/json", ...bearer(token) },
    });
  }

  /** Registers a new user. @returns the account and its password. */
  async person(more: { password?: string; username?: string; fullName?: string } = {}) {
    this.#people += 1;
    const email = `person${this.#people}@example.com`;
    const { password = PASSWORD, ...names } = more;
    const answer = await this.mutate("register", {
      email,
      password: this.secret(password),
      ...names,
    });
    expect(answer).toMatchObject({ status: 200 });
    const { id } = (answer.json as { result: { data: { id: number } } }).result.data;
    return { id, email, password };
  }

  /** Logs a user in. @returns the access token. */
  async login(person: { email: string; password: string }): Promise<string> {
    return (await this.tokens(person)).access_token;
  }

  /** Logs a user in. @returns all tokens. */
  async tokens({ email, password }: { email: string; password: string }): Promise<Tokens> {
    return this.issued(await this.token({ grant_type: "password", username: email, password }));
  }

  /** Calls `POST /token` with a refresh token. */
  refresh(refresh_token: string, more: Record<string, string> = {}): Promise<HttpResponse> {
    return this.token({ grant_type: "refresh_token", refresh_token, ...more });
  }

  /** Expects a response with tokens, and registers them as secrets. @returns the tokens. */
  issued(answer: HttpResponse): Tokens {
    expect(answer).toMatchObject({ status: 200, json: { token_type: "Bearer" } });
    const tokens = answer.json as Tokens;
    this.secret(tokens.access_token);
    for (const token of [tokens.refresh_token, tokens.id_token]) if (token) this.secret(token);
    return tokens;
  }

  /** Waits for the next mail to an address, and takes it away. */
  async mailTo(address: string): Promise<Message> {
    const find = () => this.mails.findIndex(({ to }) => to === address);
    await expect.poll(find).not.toBe(-1);
    const [message] = this.mails.splice(find(), 1);
    return message ?? expect.unreachable();
  }

  /** Waits for the next mail to an address. @returns the token of its link */
  async linkTo(address: string): Promise<string> {
    const [link] = linksOf(await this.mailTo(address));
    return link?.token ?? expect.unreachable();
  }

  /** Adds an OAuth client. @returns its secret; an empty string for a public client. */
  async client(
    id: string,
    more: { grants?: string; scopes?: string; public?: boolean } = {},
  ): Promise<string> {
    const { grants = "client_credentials", scopes = "me" } = more;
    const secret = more.public ? "" : this.secret(`the secret of ${id}: 5%+ü`);
    const secretHash = more.public ? null : hashSecret(secret);
    expect(
      await this.tegata.db.clients.add({ id, secretHash, grants, scopes, createdAtMs: 1 }),
    ).toBe(true);
    return secret;
  }
}

/** The links in the text of a mail: the page, and the token. */
export const linksOf = ({ text }: Pick<Message, "text">): { page: string; token: string }[] =>
  [...text.matchAll(/^https?:\/\/\S+?\/([\w-]+)\?token=(\S+)$/gm)].map(
    ([, page = "", token = ""]) => ({ page, token }),
  );

/** The JSON of a successful `POST /token`. */
export interface Tokens {
  access_token: string;
  refresh_token: string;
  scope: string;
  /** With the scope `openid`. */
  id_token?: string;
}

/** The Authorization header that authenticates a client (RFC 6749 section 2.3.1). */
export const basic = (id: string, secret: string): Record<string, string> => ({
  authorization: `Basic ${btoa(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`)}`,
});

const bearer = (token: string | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };

/** Starts a service before the tests of a `describe`, and stops it after them. */
export function useService(engine: Engine, env: Record<string, string> = {}): Service {
  const service = new Service();
  beforeAll(() => service.start(engine, env));
  afterAll(() => service.stop());
  return service;
}
