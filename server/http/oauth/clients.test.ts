import * as oauth from "oauth4webapi";
import * as openid from "openid-client";
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { FULL_SCOPE, useService } from "../../../testing/service.ts";

describe.each(ENGINES)("standard OAuth clients log in on $name", (engine) => {
  const service = useService(engine, { ISSUER: "http://127.0.0.1" });
  const server = () => ({ issuer: "http://127.0.0.1", token_endpoint: `${service.url}/token` });

  test("oauth4webapi", async () => {
    const { email, password } = await service.person();
    const client = { client_id: "tegata" };
    const ask = async (secret: string) =>
      oauth.processGenericTokenEndpointResponse(
        server(),
        client,
        await oauth.genericTokenEndpointRequest(
          server(),
          client,
          oauth.None(),
          "password",
          { username: email, password: secret, scope: "me" },
          { [oauth.allowInsecureRequests]: true },
        ),
      );
    const tokens = await ask(password);
    expect(tokens).toMatchObject({ token_type: "bearer", expires_in: 1800, scope: "me" });
    const me = await oauth.protectedResourceRequest(
      tokens.access_token,
      "GET",
      new URL(`${service.url}/trpc/me`),
      undefined,
      undefined,
      { [oauth.allowInsecureRequests]: true },
    );
    expect(await me.json()).toMatchObject({ result: { data: { email } } });

    const failure = await ask("wrong password").catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(oauth.ResponseBodyError);
    expect(failure).toMatchObject({ error: "invalid_grant", status: 400 });
  });

  test("oauth4webapi reads the challenge of a rejected token", async () => {
    const failure = await oauth
      .protectedResourceRequest(
        "not.a.token",
        "GET",
        new URL(`${service.url}/trpc/me`),
        undefined,
        undefined,
        {
          [oauth.allowInsecureRequests]: true,
        },
      )
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(oauth.WWWAuthenticateChallengeError);
    expect(failure).toMatchObject({
      cause: [{ scheme: "bearer", parameters: { error: "invalid_token" } }],
    });
  });

  test("openid-client", async () => {
    const { email, password } = await service.person();
    const config = new openid.Configuration(server(), "tegata", undefined, openid.None());
    openid.allowInsecureRequests(config);
    const tokens = await openid.genericGrantRequest(config, "password", {
      username: email,
      password,
    });
    expect(tokens).toMatchObject({ token_type: "bearer", scope: FULL_SCOPE });
    expect(tokens.expiresIn()).toBeGreaterThan(1700);
    const me = await openid.fetchProtectedResource(
      config,
      tokens.access_token,
      new URL(`${service.url}/trpc/me`),
      "GET",
    );
    expect(await me.json()).toMatchObject({ result: { data: { email } } });
    await expect(
      openid.genericGrantRequest(config, "password", {
        username: email,
        password: "wrong password",
      }),
    ).rejects.toMatchObject({ error: "invalid_grant" });
  });
});
