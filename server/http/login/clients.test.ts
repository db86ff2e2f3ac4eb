/** Clients that others have written log in with an authorization code: discovery, PKCE, `state`, `iss`, tokens, refresh. */
import { execFile, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import * as oauth from "oauth4webapi";
import * as openid from "openid-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWithIdToken } from "../../../testing/apps.ts";
import { APP, addApp, agree, shownFor, visit } from "../../../testing/authorization.ts";
import { ENGINES } from "../../../testing/engines.ts";
import { LEFT, visitLogout } from "../../../testing/logout.ts";
import { freePort } from "../../../testing/ports.ts";
import { Service } from "../../../testing/service.ts";
import { arrive, type Visitor } from "../../../testing/visitor.ts";
import { hashSecret } from "../../clients/secrets.ts";

/** In the format of `tegata clients add`: Authlib does not encode a secret in Basic. */
const SECRET = randomBytes(32).toString("base64url");
const LOOPBACK = "http://127.0.0.1:49152/callback";
/** Debian's Python, because python3-requests-oauthlib and python3-authlib are Debian packages. */
const PYTHON = "/usr/bin/python3";
const hasPython = areInstalled();

describe.each(ENGINES)("clients with an authorization code on $name", (engine) => {
  const service = new Service();
  let issuer: string;
  beforeAll(async () => {
    // A client finds the metadata by the issuer, so the issuer must be the real URL.
    const PORT = String(await freePort());
    issuer = `http://127.0.0.1:${PORT}`;
    await service.start(engine, { PORT, ISSUER: issuer });
    await addApp(service, { scopes: "me items openid", logoutUris: LEFT });
    await addApp(service, { id: "backend", secretHash: hashSecret(service.secret(SECRET)) });
    await addApp(service, { id: "desktop", redirectUris: "http://127.0.0.1/callback" });
  });
  afterAll(() => service.stop());

  /** Opens a URL in that browser, and agrees if it asks. @returns where the browser is then */
  const browse = async (visitor: Visitor, { search, origin, pathname }: URL): Promise<URL> => {
    expect(origin + pathname).toBe(`${issuer}/authorize`);
    const request = { query: search.slice(1) };
    const { headers } = await visit(service, visitor, request);
    const location = headers.get("location");
    if (location !== null) return new URL(location);
    return new URL(await agree(visitor, request, await shownFor(visitor, request)));
  };
  const expectMe = async (token: string, email: string) =>
    expect(await service.query("me", service.secret(token))).toMatchObject({
      json: { result: { data: { email } } },
    });

  /** The clients, each with how it authenticates. */
  const CLIENTS = [
    ["a public page", "app", APP, undefined],
    ["a public app on the user's machine", "desktop", LOOPBACK, undefined],
    ["a confidential backend by Basic", "backend", APP, "basic"],
    ["a confidential backend by form", "backend", APP, "post"],
  ] as const;

  describe("oauth4webapi", () => {
    const insecure = { [oauth.allowInsecureRequests]: true };
    const discover = async () => {
      const url = new URL(issuer);
      const found = await oauth.discoveryRequest(url, { algorithm: "oauth2", ...insecure });
      return oauth.processDiscoveryResponse(url, found);
    };
    /** Begins a login. @returns the URL, and what the client keeps until the browser is back */
    const begin = async (client_id: string, redirect_uri: string, scope = "me") => {
      const server = await discover();
      const [state, verifier] = [oauth.generateRandomState(), oauth.generateRandomCodeVerifier()];
      const url = new URL(server.authorization_endpoint ?? "");
      url.search = new URLSearchParams({
        response_type: "code",
        code_challenge_method: "S256",
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        ...{ client_id, redirect_uri, scope, state },
      }).toString();
      return { server, url, state, verifier };
    };

    test.each(CLIENTS)("%s", async (_, client_id, redirectUri, by) => {
      const { person, visitor } = await arrive(service, {}, issuer);
      const { email } = person;
      const { server, url, state, verifier } = await begin(client_id, redirectUri);
      const client = { client_id };
      const methods = {
        basic: oauth.ClientSecretBasic(SECRET),
        post: oauth.ClientSecretPost(SECRET),
      };
      const authentication = by ? methods[by] : oauth.None();
      // It compares the state and, as the metadata announces it, the issuer.
      const response = oauth.validateAuthResponse(
        server,
        client,
        await browse(visitor, url),
        state,
      );
      const exchange = () =>
        oauth.authorizationCodeGrantRequest(
          server,
          client,
          authentication,
          response,
          redirectUri,
          verifier,
          insecure,
        );
      const tokens = await oauth.processAuthorizationCodeResponse(server, client, await exchange());
      expect(tokens).toMatchObject({ token_type: "bearer", scope: "me" });
      await expectMe(tokens.access_token, email);
      const refreshed = await oauth.processRefreshTokenResponse(
        server,
        client,
        await oauth.refreshTokenGrantRequest(
          server,
          client,
          authentication,
          service.secret(tokens.refresh_token ?? ""),
          insecure,
        ),
      );
      await expectMe(refreshed.access_token, email);
      const again = oauth.processAuthorizationCodeResponse(server, client, await exchange());
      await expect(again).rejects.toMatchObject({ error: "invalid_grant" });
    });

    test("reads an error, and refuses the response to another request or of another server", async () => {
      const { visitor } = await arrive(service, {}, issuer);
      const client = { client_id: "app" };
      const { server, url, state } = await begin("app", APP, "orders:read");
      const to = await browse(visitor, url);
      const validate = (expected: string, of = server) =>
        oauth.validateAuthResponse(of, client, to, expected);
      expect(() => validate(state)).toThrow(
        expect.objectContaining({ error: "invalid_scope" }) as Error,
      );
      expect(() => validate("other")).toThrow('unexpected "state"');
      expect(() => validate(state, { ...server, issuer: `${issuer}/other` })).toThrow(
        'unexpected "iss"',
      );
    });
  });

  test.each(CLIENTS)("openid-client: %s", async (_, clientId, redirect_uri, by) => {
    const { person, visitor } = await arrive(service, {}, issuer);
    const { email } = person;
    const methods = {
      basic: openid.ClientSecretBasic(SECRET),
      post: openid.ClientSecretPost(SECRET),
    };
    const config = await openid.discovery(
      new URL(issuer),
      clientId,
      undefined,
      by ? methods[by] : openid.None(),
      { algorithm: "oauth2", execute: [openid.allowInsecureRequests] },
    );
    const [state, verifier] = [openid.randomState(), openid.randomPKCECodeVerifier()];
    const url = openid.buildAuthorizationUrl(config, {
      ...{ redirect_uri, state, scope: "me items", code_challenge_method: "S256" },
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    });
    const tokens = await openid.authorizationCodeGrant(config, await browse(visitor, url), {
      pkceCodeVerifier: verifier,
      expectedState: state,
    });
    expect(tokens).toMatchObject({ token_type: "bearer", scope: "me items" });
    await expectMe(tokens.access_token, email);
    const refreshed = await openid.refreshTokenGrant(
      config,
      service.secret(tokens.refresh_token ?? ""),
    );
    await expectMe(refreshed.access_token, email);
  });

  test("openid-client logs out", async () => {
    const { visitor } = await arrive(service, {}, issuer);
    const { idToken } = await openWithIdToken(service, visitor);
    const config = await openid.discovery(new URL(issuer), "app", undefined, openid.None(), {
      execute: [openid.allowInsecureRequests],
    });
    const url = openid.buildEndSessionUrl(config, {
      post_logout_redirect_uri: LEFT,
      id_token_hint: idToken,
      state: "a b",
    });
    expect(url.origin + url.pathname).toBe(`${issuer}/logout`);
    const response = await visitLogout(service, visitor, url.search.slice(1));
    expect(response.headers.get("location")).toBe(`${LEFT}?state=a%20b`);
    expect(await visitor.show()).toMatchObject({ is: "log_in" });
  });

  test.runIf(hasPython)("Authlib and requests-oauthlib", async () => {
    const { person, visitor } = await arrive(service, {}, issuer);
    const { email } = person;
    const script = "testing/clients/authorization_code_client.py";
    const { stdout } = await promisify(execFile)(PYTHON, [script], {
      env: {
        PATH: process.env["PATH"],
        TEGATA_ISSUER: issuer,
        TEGATA_COOKIE: visitor.cookie,
        TEGATA_USERNAME: email,
        TEGATA_CLIENT_ID: "backend",
        TEGATA_CLIENT_SECRET: SECRET,
        TEGATA_REDIRECT_URI: APP,
      },
    });
    expect(stdout.match(/^ok /gm), stdout).toHaveLength(7);
  });
});

function areInstalled(): boolean {
  try {
    execFileSync(PYTHON, ["-c", "import authlib, requests_oauthlib"], { stdio: "ignore" });
    return true;
  } catch (cause) {
    if (process.env["CI"]) throw new Error("the tests of CI must run with Authlib", { cause });
    return false;
  }
}
