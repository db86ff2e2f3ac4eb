import * as oauth from "oauth4webapi";
import * as openid from "openid-client";
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { basic, FULL_SCOPE, ISSUER, Service, useService } from "../../../testing/service.ts";
import { GRANTS } from "./grants/index.ts";

const [engine = expect.unreachable()] = ENGINES;
const METADATA = "/.well-known/oauth-authorization-server";
const insecure = { [oauth.allowInsecureRequests]: true };

describe("with PASSWORD_GRANT=off", () => {
  const service = useService(engine, { PASSWORD_GRANT: "off" });
  const others = [...GRANTS.keys()].filter((name) => name !== "password");

  test.each([true, false])(
    "no password is exchanged for tokens, right or wrong (security R1): %s",
    async (isRight) => {
      const { email, password } = await service.person();
      const answer = await service.token({
        grant_type: "password",
        username: email,
        password: isRight ? password : "wrong password",
      });
      expect(answer).toMatchObject({ status: 400, json: { error: "unsupported_grant_type" } });
      const withoutGrant = await service.token({ username: email, password });
      expect(withoutGrant).toMatchObject({ json: { error: "unsupported_grant_type" } });
      const fastapi = await service.post("/api/token", { username: email, password });
      expect(fastapi.status).toBe(404);
    },
  );

  test("neither the metadata nor the OpenAPI document offers it (security O10)", async () => {
    const { json } = await service.request("GET", METADATA);
    expect(json).toMatchObject({ grant_types_supported: others });
    const document = (await service.request("GET", "/openapi.json")).json as OpenApi;
    expect(document.components.schemas.TokenRequest.properties.grant_type.enum).toEqual(others);
    expect(Object.keys(document.components.securitySchemes.user.flows)).toEqual([
      "authorizationCode",
    ]);
    expect(Object.keys(document.paths)).not.toContain("/api/token");
  });

  test("the other grants work", async () => {
    const secret = await service.client("billing", { grants: "client_credentials" });
    const answer = await service.token(
      { grant_type: "client_credentials" },
      basic("billing", secret),
    );
    expect(answer.status).toBe(200);
  });

  test("sessions that are open continue to be refreshed (security R1)", async () => {
    const url = await engine.emptyDatabase();
    const shared = { ...engine, emptyDatabase: async () => url };
    const [before, after] = [new Service(), new Service()];
    await before.start(shared, {});
    const { refresh_token } = await before.tokens(await before.person());
    await before.stop();
    await after.start(shared, { PASSWORD_GRANT: "off" });
    expect(await after.refresh(refresh_token)).toMatchObject({ status: 200 });
    await after.stop();
  });
});

/** The parts of the OpenAPI document that these tests read. */
interface OpenApi {
  paths: object;
  components: {
    schemas: { TokenRequest: { properties: { grant_type: { enum: string[] } } } };
    securitySchemes: { user: { flows: object } };
  };
}

describe("the metadata", () => {
  const service = useService(engine);

  test("has the members of RFC 8414 and OpenID Connect Discovery, with the exact issuer", async () => {
    const { status, json, headers } = await service.request("GET", METADATA);
    expect(status).toBe(200);
    expect(json).toEqual({
      issuer: ISSUER,
      authorization_endpoint: `${ISSUER}/authorize`,
      authorization_response_iss_parameter_supported: true,
      code_challenge_methods_supported: ["S256"],
      token_endpoint: `${ISSUER}/token`,
      token_endpoint_auth_methods_supported: ["none", "client_secret_basic", "client_secret_post"],
      revocation_endpoint: `${ISSUER}/revoke`,
      revocation_endpoint_auth_methods_supported: [
        "none",
        "client_secret_basic",
        "client_secret_post",
      ],
      introspection_endpoint: `${ISSUER}/introspect`,
      introspection_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
      jwks_uri: `${ISSUER}/.well-known/jwks.json`,
      grant_types_supported: [...GRANTS.keys()],
      scopes_supported: [...FULL_SCOPE.split(" "), "openid", "profile", "email"],
      response_types_supported: ["code"],
      response_modes_supported: ["query"],
      userinfo_endpoint: `${ISSUER}/userinfo`,
      end_session_endpoint: `${ISSUER}/logout`,
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
      claims_supported: [
        ...["sub", "name", "preferred_username", "email", "email_verified"],
        ...["iss", "aud", "exp", "iat", "auth_time", "nonce", "sid", "amr"],
      ],
      prompt_values_supported: ["none", "login", "consent", "select_account"],
      claims_parameter_supported: false,
      request_parameter_supported: false,
      request_uri_parameter_supported: false,
    });
    expect(headers.get("content-type")).toMatch(/^application\/json/);
    expect(headers.get("cache-control")).toBe("public, max-age=3600");
    expect(headers.get("access-control-allow-origin")).toBe("*");
  });

  test("ignores X-Forwarded-Host and Forwarded", async () => {
    const headers = { "x-forwarded-host": "evil.test", forwarded: "host=evil.test" };
    expect((await service.request("GET", METADATA, { headers })).text).not.toContain("evil");
  });

  test("lists only endpoints that exist and grants that are supported", async () => {
    const { json } = await service.request("GET", METADATA);
    const metadata = json as Record<string, string | string[]>;
    for (const [name, value] of Object.entries(metadata)) {
      if (!/_endpoint$|_uri$/.test(name)) continue;
      // OPTIONS, because the page of the authorization endpoint is there only after a build.
      const { status } = await service.request("OPTIONS", new URL(String(value)).pathname);
      expect(status, name).toBe(405);
    }
    for (const grant_type of metadata["grant_types_supported"] ?? [])
      expect((await service.token({ grant_type })).json).not.toMatchObject({
        error: "unsupported_grant_type",
      });
  });

  test("the JWK set contains only public keys, each for one algorithm", async () => {
    const { json, headers } = await service.request("GET", "/.well-known/jwks.json");
    expect(json).toEqual({
      keys: [
        {
          kty: "EC",
          crv: "P-256",
          alg: "ES256",
          use: "sig",
          kid: expect.stringMatching(/^[\w-]{43}$/),
          x: expect.stringMatching(/^[\w-]{43}$/),
          y: expect.stringMatching(/^[\w-]{43}$/),
        },
        {
          kty: "RSA",
          alg: "RS256",
          use: "sig",
          kid: expect.stringMatching(/^[\w-]{43}$/),
          n: expect.stringMatching(/^[\w-]{342}$/),
          e: "AQAB",
        },
      ],
    });
    expect(headers.get("cache-control")).toBe("public, max-age=300");
    expect(headers.get("access-control-allow-origin")).toBe("*");
  });
});

describe("an issuer with a path", () => {
  const service = useService(engine, { ISSUER: "https://tegata.test/auth/" });

  test.each([
    ["RFC 8414 section 3.1", `${METADATA}/auth`],
    ["Discovery section 4", "/auth/.well-known/openid-configuration"],
    ["Discovery section 4, if the proxy removes the path", "/.well-known/openid-configuration"],
    ["RFC 8414 section 5", "/.well-known/openid-configuration/auth"],
  ])("serves its metadata at the path of %s", async (_, path) => {
    const { json } = await service.request("GET", path);
    expect(json).toMatchObject({
      issuer: "https://tegata.test/auth/",
      token_endpoint: "https://tegata.test/auth/token",
      userinfo_endpoint: "https://tegata.test/auth/userinfo",
    });
  });
});

describe.each(ENGINES)("standard clients discover and use every endpoint on $name", (each) => {
  // Discovery requires that the issuer matches the URL of the metadata.
  const service = useService(each, { ISSUER: "http://127.0.0.1" });
  const discover = async (): Promise<oauth.AuthorizationServer> => {
    const { json } = await service.request("GET", METADATA);
    const text = JSON.stringify(json).replaceAll('"http://127.0.0.1/', `"${service.url}/`);
    return oauth.processDiscoveryResponse(
      new URL("http://127.0.0.1"),
      new Response(text, { headers: { "content-type": "application/json" } }),
    );
  };

  test("oauth4webapi: log in, validate, refresh, introspect, revoke", async () => {
    const as = await discover();
    const client = { client_id: "tegata" };
    const { email, password } = await service.person();
    const first = await oauth.processGenericTokenEndpointResponse(
      as,
      client,
      await oauth.genericTokenEndpointRequest(
        as,
        client,
        oauth.None(),
        "password",
        { username: email, password },
        insecure,
      ),
    );
    const claims = await validate(service, as, first.access_token);
    expect(claims).toMatchObject({
      iss: "http://127.0.0.1",
      client_id: "tegata",
      scope: FULL_SCOPE,
    });

    const second = await oauth.processRefreshTokenResponse(
      as,
      client,
      await oauth.refreshTokenGrantRequest(
        as,
        client,
        oauth.None(),
        first.refresh_token ?? "",
        insecure,
      ),
    );
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(await validate(service, as, second.access_token)).toMatchObject({ sub: claims.sub });

    const secret = await service.client("rs");
    const ask = async (method: oauth.ClientAuth) =>
      oauth.processIntrospectionResponse(
        as,
        { client_id: "rs" },
        await oauth.introspectionRequest(
          as,
          { client_id: "rs" },
          method,
          second.access_token,
          insecure,
        ),
      );
    for (const method of [oauth.ClientSecretBasic(secret), oauth.ClientSecretPost(secret)])
      expect(await ask(method)).toMatchObject({ active: true, sub: claims.sub });

    await oauth.processRevocationResponse(
      await oauth.revocationRequest(as, client, oauth.None(), second.refresh_token ?? "", insecure),
    );
    expect(await ask(oauth.ClientSecretBasic(secret))).toEqual({ active: false });
  });

  test("oauth4webapi: client credentials by Basic and in the body", async () => {
    const as = await discover();
    const secret = await service.client("machine");
    const client = { client_id: "machine" };
    for (const method of [oauth.ClientSecretBasic(secret), oauth.ClientSecretPost(secret)]) {
      const tokens = await oauth.processClientCredentialsResponse(
        as,
        client,
        await oauth.clientCredentialsGrantRequest(as, client, method, { scope: "me" }, insecure),
      );
      expect(await validate(service, as, tokens.access_token)).toMatchObject({ sub: "machine" });
    }
  });

  test("openid-client: log in, refresh, client credentials, introspect, revoke", async () => {
    const as = await discover();
    const { email, password } = await service.person();
    const page = new openid.Configuration(as, "tegata", undefined, openid.None());
    const secret = await service.client("openid");
    const machine = new openid.Configuration(
      as,
      "openid",
      undefined,
      openid.ClientSecretBasic(secret),
    );
    for (const config of [page, machine]) openid.allowInsecureRequests(config);

    const first = await openid.genericGrantRequest(page, "password", {
      username: email,
      password,
    });
    const second = await openid.refreshTokenGrant(page, first.refresh_token ?? "");
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(await openid.clientCredentialsGrant(machine)).toMatchObject({ token_type: "bearer" });
    expect(await openid.tokenIntrospection(machine, second.access_token)).toMatchObject({
      active: true,
    });
    await openid.tokenRevocation(page, second.access_token);
    expect(await openid.tokenIntrospection(machine, second.access_token)).toEqual({
      active: false,
    });
    await expect(openid.refreshTokenGrant(page, second.refresh_token ?? "")).rejects.toMatchObject({
      error: "invalid_grant",
    });
    expect(
      await service.post("/introspect", { token: "x" }, basic("openid", secret)),
    ).toMatchObject({ status: 200 });
  });
});

/** Validates an access token like a resource server that knows only the metadata (RFC 9068 section 4). */
async function validate(service: Service, as: oauth.AuthorizationServer, token: string) {
  const request = new Request(`${service.url}/x`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return oauth.validateJwtAccessToken(as, request, "http://127.0.0.1", insecure);
}
