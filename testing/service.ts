/** The whole service for a test: real engine, real socket; only the clock can be moved, and the log is kept. */
import { afterAll, beforeAll, expect } from "vitest";
import { hashSecret } from "../server/clients/secrets.ts";
import { createApp } from "../server/http/app.ts";
import { type Listening, listen } from "../server/http/edge/listen.ts";
import { openLog } from "../server/log.ts";
import { loadSettings } from "../server/settings.ts";
import { openTegata, type Tegata } from "../server/tegata.ts";
import type { Engine } from "./engines.ts";

/** What the service answered. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The body read as JSON; undefined when it is none. */
  json: unknown;
}

/** A password that every policy takes. */
export const PASSWORD = "correct horse battery";
/** The secret of every service in the tests. */
export const SECRET_KEY = "a secret of the tests and long enough 0123456789";
/** The issuer of every service in the tests. */
export const ISSUER = "https://tegata.test";

type Form = Record<string, string> | string;

/** A running service. */
export class Service {
  /** What was written to the log, line by line. */
  readonly logged: string[] = [];
  /** How far the clock of the service is ahead of the real one, in milliseconds. */
  ahead = 0;
  tegata!: Tegata;
  url!: string;
  #listening: Listening | undefined;
  readonly #secrets = new Set<string>();
  #people = 0;

  async start(engine: Engine, env: Record<string, string>): Promise<void> {
    const loaded = loadSettings({
      DATABASE_URL: await engine.emptyDatabase(),
      PORT: "0",
      SECRET_KEY,
      ISSUER,
      BCRYPT_COST: "4",
      ...env,
    });
    if (loaded.is === "invalid") throw new Error(loaded.problems.join("\n"));
    this.tegata = await openTegata(loaded.settings, {
      now: () => Date.now() + this.ahead,
      log: openLog({ logLevel: "trace" }, { write: (line) => void this.logged.push(line) }),
    });
    const listening = await listen(createApp(this.tegata), loaded.settings);
    this.url = listening.url;
    this.#listening = listening;
  }

  /** Ends the service and looks through its log for every secret that this test has handled. */
  async stop(): Promise<void> {
    await this.#listening?.close();
    await this.tegata?.close();
    const log = this.logged.join("");
    for (const secret of this.#secrets)
      expect(log.includes(secret), "a secret is in the log").toBe(false);
  }

  /** Marks a text as one that must never reach the log. */
  secret(text: string): string {
    this.#secrets.add(text);
    return text;
  }

  async request(
    method: string,
    path: string,
    init: Omit<RequestInit, "method"> = {},
  ): Promise<Answer> {
    const response = await fetch(this.url + path, { method, redirect: "manual", ...init });
    const text = await response.text();
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      // An answer that is not JSON is what the test is told, and its matter.
    }
    return { status: response.status, headers: response.headers, text, json };
  }

  /** `POST /token`. */
  token(form: Form, headers: Record<string, string> = {}): Promise<Answer> {
    return this.post("/token", form, headers);
  }

  /** Posts a form. */
  post(path: string, form: Form, headers: Record<string, string> = {}): Promise<Answer> {
    const body = typeof form === "string" ? form : new URLSearchParams(form).toString();
    return this.request("POST", path, {
      body,
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    });
  }

  /** Calls a query. */
  query(procedure: string, token?: string): Promise<Answer> {
    return this.request("GET", `/trpc/${procedure}`, { headers: bearer(token) });
  }

  /** Calls a mutation. */
  mutate(procedure: string, input?: unknown, token?: string): Promise<Answer> {
    return this.request("POST", `/trpc/${procedure}`, {
      body: input === undefined ? "" : JSON.stringify(input),
      headers: { "content-type": "application/json", ...bearer(token) },
    });
  }

  /** Registers somebody new. @returns the account and its password. */
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

  /** Logs somebody in. @returns the access token. */
  async login(person: { email: string; password: string }): Promise<string> {
    return (await this.tokens(person)).access_token;
  }

  /** Logs somebody in. @returns all of the tokens. */
  async tokens({ email, password }: { email: string; password: string }): Promise<Tokens> {
    return this.issued(await this.token({ grant_type: "password", username: email, password }));
  }

  /** `POST /token` with a refresh token. */
  refresh(refresh_token: string, more: Record<string, string> = {}): Promise<Answer> {
    return this.token({ grant_type: "refresh_token", refresh_token, ...more });
  }

  /** The tokens of an answer, which from now on must never reach the log. */
  issued(answer: Answer): Tokens {
    expect(answer).toMatchObject({ status: 200, json: { token_type: "Bearer" } });
    const tokens = answer.json as Tokens;
    this.secret(tokens.access_token);
    if (tokens.refresh_token) this.secret(tokens.refresh_token);
    return tokens;
  }

  /** Adds an OAuth client. @returns its secret; empty for a public one. */
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

/** What `POST /token` gives. */
export interface Tokens {
  access_token: string;
  refresh_token: string;
  scope: string;
}

/** The Authorization header of a client (RFC 6749 section 2.3.1). */
export const basic = (id: string, secret: string): Record<string, string> => ({
  authorization: `Basic ${btoa(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`)}`,
});

const bearer = (token: string | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };

/** A service for the tests of one `describe`, on one engine, with settings of its own. */
export function useService(engine: Engine, env: Record<string, string> = {}): Service {
  const service = new Service();
  beforeAll(() => service.start(engine, env));
  afterAll(() => service.stop());
  return service;
}
