/** Clients that others have written log in with OpenID Connect: discovery, nonce, ID token, userinfo, refresh. */
import { randomBytes } from "node:crypto";
import * as oauth from "oauth4webapi";
import * as openid from "openid-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { APP, addApp, visit } from "../../../testing/authorization.ts";
import { ENGINES } from "../../../testing/engines.ts";
import { freePort } from "../../../testing/ports.ts";
import { Service } from "../../../testing/service.ts";
import { arrive, type Visitor } from "../../../testing/visitor.ts";
import { hashSecret } from "../../clients/secrets.ts";

const SECRET = randomBytes(32).toString("base64url");
/** What most clients ask for; the last one is no scope of this service. */
const SCOPE = "openid profile email offline_access";
const insecure = { [oauth.allowInsecureRequests]: true };

/** The clients, each with how it authenticates. */
const CLIENTS = [
  ["a public page", "app", undefined],
  ["a backend by Basic", "backend", "basic"],
  ["a backend by form", "backend", "post"],
] as const;

describe.each(ENGINES)("OpenID Connect clients on $name", (engine) => {
  const service = new Service();
  let issuer: string;
  beforeAll(async () => {
    // A client finds the metadata by the issuer, so the issuer must be the real URL.
    const PORT = String(await freePort());
    issuer = `http://127.0.0.1:${PORT}`;
    await service.start(engine, { PORT, ISSUER: issuer });
    const scopes = "me openid profile email";
    await addApp(service, { scopes });
    await addApp(service, { id: "backend", scopes, secretHash: hashSecret(SECRET) });
  });
  afterAll(() => service.stop());

  /** Somebody in a browser who is logged in. */
  const arriveAsAda = async () => {
    const fullName = "Ada Lovelace";
    const { person, visitor } = await arrive(service, { fullName }, issuer);
    const { id, email } = person;
    return { visitor, claims: { sub: String(id), name: fullName, email, email_verified: false } };
  };
  /** Opens a URL in that browser. @returns where it is then */
  const browse = async (visitor: Visitor, { search }: URL): Promise<URL> => {
    const { headers } = await visit(service, visitor, { query: search.slice(1) });
    return new URL(headers.get("location") ?? expect.unreachable());
  };

  test.each(CLIENTS)("oauth4webapi: %s", async (_, client_id, by) => {
    const { visitor, claims } = await arriveAsAda();
    const url = new URL(issuer);
    const found = await oauth.discoveryRequest(url, { algorithm: "oidc", ...insecure });
    const server = await oauth.processDiscoveryResponse(url, found);
    const client = { client_id };
    const methods = {
      basic: oauth.ClientSecretBasic(SECRET),
      post: oauth.ClientSecretPost(SECRET),
    };
    const authentication = by ? methods[by] : oauth.None();
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
    const verifier = oauth.generateRandomCodeVerifier();
    const login = new URL(server.authorization_endpoint ?? "");
    login.search = new URLSearchParams({
      response_type: "code",
      code_challenge_method: "S256",
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      ...{ client_id, redirect_uri: APP, scope: SCOPE, state, nonce },
    }).toString();
    const response = oauth.validateAuthResponse(
      server,
      client,
      await browse(visitor, login),
      state,
    );
    const answer = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      authentication,
      response,
      APP,
      verifier,
      insecure,
    );
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, answer, {
      expectedNonce: nonce,
      maxAge: 60,
      requireIdToken: true,
    });
    expect(tokens.scope).toBe("openid profile email");
    expect(oauth.getValidatedIdTokenClaims(tokens)).toMatchObject(claims);
    await oauth.validateApplicationLevelSignature(server, answer, insecure);

    const asked = await oauth.userInfoRequest(server, client, tokens.access_token, insecure);
    expect(await oauth.processUserInfoResponse(server, client, claims.sub, asked)).toEqual(claims);

    const refresh_token = service.secret(tokens.refresh_token ?? "");
    const refreshed = await oauth.processRefreshTokenResponse(
      server,
      client,
      await oauth.refreshTokenGrantRequest(server, client, authentication, refresh_token, insecure),
    );
    const [before, after] = [tokens, refreshed].map(oauth.getValidatedIdTokenClaims);
    const { nonce: _nonce, iat: _iat, exp: _exp, ...same } = before ?? expect.unreachable();
    expect(after).toEqual({ ...same, iat: expect.any(Number), exp: expect.any(Number) });
  });

  test.each(CLIENTS)("openid-client: %s", async (_, clientId, by) => {
    const { visitor, claims } = await arriveAsAda();
    const methods = {
      basic: openid.ClientSecretBasic(SECRET),
      post: openid.ClientSecretPost(SECRET),
    };
    const config = await openid.discovery(
      new URL(issuer),
      clientId,
      undefined,
      by ? methods[by] : openid.None(),
      // It then verifies the signatures of ID tokens, also of those that come from the token endpoint.
      { execute: [openid.allowInsecureRequests, openid.enableNonRepudiationChecks] },
    );
    const [state, nonce] = [openid.randomState(), openid.randomNonce()];
    const verifier = openid.randomPKCECodeVerifier();
    const login = openid.buildAuthorizationUrl(config, {
      ...{ redirect_uri: APP, scope: SCOPE, state, nonce, code_challenge_method: "S256" },
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    });
    const tokens = await openid.authorizationCodeGrant(config, await browse(visitor, login), {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
      idTokenExpected: true,
    });
    expect(tokens.claims()).toMatchObject(claims);
    expect(await openid.fetchUserInfo(config, tokens.access_token, claims.sub)).toEqual(claims);
    const refresh_token = service.secret(tokens.refresh_token ?? "");
    const refreshed = await openid.refreshTokenGrant(config, refresh_token);
    const { auth_time, sid } = tokens.claims() ?? expect.unreachable();
    expect(refreshed.claims()).toMatchObject({ ...claims, auth_time, sid });
  });
});
