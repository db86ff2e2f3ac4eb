/** A person who uses the service at any of its addresses. */
import { randomBytes } from "node:crypto";

/** A response; status 0 if there was none. */
export interface Answer {
  status: number;
  json: unknown;
  text: string;
}

/** The tokens of a login or a refresh. */
export interface Tokens {
  access: string;
  refresh: string;
}

/** Sends a request. A connection that fails is an answer with status 0. */
export async function send(url: string, init: RequestInit = {}): Promise<Answer> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(20_000) });
    const text = await response.text();
    return { status: response.status, text, json: parse(text) };
  } catch (error) {
    return { status: 0, text: String(error), json: undefined };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A person with an email address that nobody else has. */
export class Person {
  readonly email = `p${randomBytes(8).toString("hex")}@example.com`;
  readonly password = "correct horse battery";

  register(url: string): Promise<Answer> {
    return send(`${url}/trpc/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email: this.email, password: this.password }),
    });
  }

  logIn(url: string, password = this.password): Promise<Answer> {
    return token(url, { grant_type: "password", username: this.email, password });
  }
}

/** Asks who an access token belongs to. */
export const me = (url: string, { access }: Tokens): Promise<Answer> =>
  send(`${url}/trpc/me`, { headers: { authorization: `Bearer ${access}` } });

/** Exchanges a refresh token. */
export const refresh = (url: string, tokens: Tokens): Promise<Answer> =>
  token(url, { grant_type: "refresh_token", refresh_token: tokens.refresh });

const token = (url: string, form: Record<string, string>) =>
  send(`${url}/token`, { method: "POST", body: new URLSearchParams(form) });

/** The tokens in an answer. @throws if it has none */
export function tokensOf({ json, status, text }: Answer): Tokens {
  const { access_token, refresh_token } = (json ?? {}) as Record<string, unknown>;
  if (typeof access_token !== "string" || typeof refresh_token !== "string")
    throw new Error(`no tokens, but ${status}: ${text}`);
  return { access: access_token, refresh: refresh_token };
}
