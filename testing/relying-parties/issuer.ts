/** A service behind a proxy that can spoil what clients must check, and that knows what clients have asked for. */
import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  request,
  type Server,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import {
  type CryptoKey,
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from "jose";
import { afterAll, beforeAll, expect } from "vitest";
import { ENGINES } from "../engines.ts";
import { Service } from "../service.ts";

const [engine = expect.unreachable()] = ENGINES;

/** The claims that replace those of an ID token. It is then signed with a published key, unless the name says something else. */
const CLAIMS = {
  "another signature": {},
  "another nonce": { nonce: "another" },
  "another aud": { aud: "another" },
  "another iss": { iss: "https://another.example.com" },
  "a past exp": { exp: 1_000_000_000 },
  "another key": {},
  "no signature": {},
} satisfies Record<string, JWTPayload>;

/** Somebody else, whose userinfo comes in the place of that of the person who logs in. */
export const MALLORY = "mallory@example.com";

/** What is wrong with the ID token, or with the response of the userinfo endpoint. */
export type Fault = keyof typeof CLAIMS | "the userinfo of another";

/**
 * What a client must notice (OpenID Connect Core sections 3.1.3.7 and 5.3.2; it may leave out the signature, as the ID token
 * comes from the token endpoint). Another signature is no fault: a client that accepts it has noticed something else.
 */
export const FAULTS: readonly Fault[] = [
  "another nonce",
  "another aud",
  "another iss",
  "a past exp",
  "another key",
  "no signature",
  "the userinfo of another",
];

interface Key {
  privateKey: CryptoKey;
  jwk: JWK;
}

/** A service at its issuer's URL. */
export class Issuer {
  readonly service = new Service();
  /** What is wrong from now on. */
  fault: Fault | undefined;
  /** What clients have asked for, such as `POST /token authorization_code`. */
  readonly requests: string[] = [];
  url!: string;
  #server!: Server;
  /** It is among the published keys. */
  #known!: Key;
  /** It is not. */
  #unknown!: Key;

  /** @param tls key and certificate for `localhost`, which are its host then */
  async start(tls?: { key: string; cert: string }): Promise<void> {
    [this.#known, this.#unknown] = await Promise.all([createKey(), createKey()]);
    const listener: RequestListener = (req, res) => {
      this.#answer(req).then(
        ({ status, headers, body }) => res.writeHead(status, headers).end(body),
        (error: unknown) => res.writeHead(502).end(String(error)),
      );
    };
    this.#server = tls ? createTlsServer(tls, listener) : createServer(listener);
    await once(this.#server.listen(0, "127.0.0.1"), "listening");
    const { port } = this.#server.address() as AddressInfo;
    this.url = tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`;
    await this.service.start(engine, { ISSUER: this.url });
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    this.#server?.close();
    await this.service.stop();
  }

  /** Passes a request on. */
  async #answer(req: IncomingMessage) {
    const { method = "GET", url = "/", headers } = req;
    const form = await buffer(req);
    const [path = ""] = url.split("?");
    const grant = new URLSearchParams(form.toString()).get("grant_type");
    this.requests.push([method, path, ...(grant === null ? [] : [grant])].join(" "));
    const sent = request(this.service.url + url, {
      method,
      headers: { ...headers, "accept-encoding": "identity" },
    });
    sent.end(form);
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    const received = await buffer(answer);
    const isJson = answer.headers["content-type"]?.includes("json") && method !== "HEAD";
    const body = isJson
      ? JSON.stringify(await this.#spoil(path, JSON.parse(received.toString())))
      : received;
    const { "content-length": _, "transfer-encoding": __, ...kept } = answer.headers;
    return { status: answer.statusCode ?? 502, headers: kept, body };
  }

  async #spoil(path: string, json: Record<string, unknown>) {
    const { fault } = this;
    if (path === "/.well-known/jwks.json" && Array.isArray(json["keys"]))
      return { keys: [...json["keys"], this.#known.jwk] };
    if (fault === "the userinfo of another")
      return path === "/userinfo" ? { ...json, sub: "another", email: MALLORY } : json;
    const { id_token } = json;
    if (path !== "/token" || typeof id_token !== "string" || fault === undefined) return json;
    return { ...json, id_token: await this.#spoilToken(id_token, fault) };
  }

  async #spoilToken(token: string, fault: keyof typeof CLAIMS): Promise<string> {
    const claims = { ...decodeJwt(token), ...CLAIMS[fault] };
    if (fault === "no signature") return new UnsecuredJWT(claims).encode();
    const { privateKey, jwk } = fault === "another key" ? this.#unknown : this.#known;
    // A key that is not published, under the name of one that is.
    const { kid = "" } = fault === "another key" ? decodeProtectedHeader(token) : jwk;
    return new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid }).sign(privateKey);
  }
}

async function createKey(): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair("RS256");
  const jwk = { ...(await exportJWK(publicKey)), kid: "of the tests", alg: "RS256", use: "sig" };
  return { privateKey, jwk };
}

/** Starts an issuer before the tests of a file, and stops it after them. */
export function useIssuer(tls?: () => { key: string; cert: string }): Issuer {
  const issuer = new Issuer();
  beforeAll(() => issuer.start(tls?.()));
  afterAll(() => issuer.stop());
  return issuer;
}
