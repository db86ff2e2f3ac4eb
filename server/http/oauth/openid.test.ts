/** OpenID Connect at the machine endpoints: identity scopes, ID tokens, and the userinfo endpoint. */
import { createRemoteJWKSet, decodeJwt, jwtVerify } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import {
  APP,
  addApp,
  ask,
  codeFor,
  exchange,
  returned,
  shownFor,
  visit,
} from "../../../testing/authorization.ts";
import { ENGINES } from "../../../testing/engines.ts";
import { basic, FULL_SCOPE, ISSUER, type Tokens, useService } from "../../../testing/service.ts";
import { arrive, Visitor } from "../../../testing/visitor.ts";
import { findBrowser } from "../../accounts/browser.ts";
import { setDisabled } from "../../accounts/disable.ts";
import { updateClient } from "../../clients/changes.ts";
import { issueCode } from "../../clients/codes.ts";
import { hashSecret } from "../../clients/secrets.ts";
import { OPERATOR } from "../../requester.ts";

const ALL = "me items openid profile email orders:read";
const ADA = { fullName: "Ada Lovelace" };
const SECRET = "a secret of a client";

describe.each(ENGINES)("OpenID Connect on $name", (engine) => {
  const service = useService(engine);
  beforeAll(async () => {
    await addApp(service, { scopes: ALL });
    await addApp(service, { id: "stranger", scopes: ALL, firstParty: false });
    await addApp(service, { id: "few", scopes: "me openid email" });
    await addApp(service, { id: "only", scopes: "openid profile" });
    const machine = {
      secretHash: hashSecret(service.secret(SECRET)),
      grants: "password client_credentials",
    };
    await addApp(service, { ...machine, id: "machine", scopes: "me openid email" });
    await addApp(service, { ...machine, id: "identity", scopes: "openid" });
  });
  const logIn = async (visitor: Visitor, scope?: string, client_id = "app") => {
    const redirect_uri = client_id === "tegata" ? `${ISSUER}/docs/oauth2-redirect` : APP;
    const request = ask({ scope, client_id, redirect_uri });
    const code = await codeFor(service, visitor, request);
    return service.issued(await exchange(service, code, request, { client_id, redirect_uri }));
  };
  const refresh = async ({ refresh_token }: Tokens, more: Record<string, string> = {}) =>
    service.issued(await service.refresh(refresh_token, { client_id: "app", ...more }));

  test.each([
    // Only those that are named: a client of OAuth 2 alone goes on as it is.
    ["app", undefined, "me items orders:read"],
    ["app", "openid", "openid"],
    ["app", "openid profile email me", "openid profile email me"],
    ["app", "email", "email"],
    // What nobody knows is ignored with openid.
    ["app", "openid offline_access address phone Me openid", "openid"],
    ["few", undefined, "me"],
    ["few", "openid orders:write email", "openid email"],
    ["tegata", undefined, FULL_SCOPE],
    ["tegata", "openid profile me", "openid profile me"],
    ["tegata", "openid *", "openid"],
  ])("%s that asks for %s gets %s", async (client_id, scope, granted) => {
    const { visitor } = await arrive(service, ADA);
    const tokens = await logIn(visitor, scope, client_id);
    expect(tokens.scope).toBe(granted);
    expect("id_token" in tokens).toBe(granted.split(" ").includes("openid"));
    expect(decodeJwt(tokens.access_token)).toMatchObject({ scope: granted });
  });

  test.each([
    ["only", undefined],
    ["few", "openid profile"],
    ["few", "openid items"],
    ["app", "profile offline_access"],
    ["app", "address"],
  ])("%s that asks for %s gets invalid_scope", async (client_id, scope) => {
    const { visitor } = await arrive(service, ADA);
    const answer = returned(await visit(service, visitor, ask({ scope, client_id })));
    expect(answer).toMatchObject({ error: "invalid_scope" });
  });

  test("a login by password or by secret has no identity scopes, whatever the client may have", async () => {
    const { person } = await arrive(service, ADA);
    const login = { grant_type: "password", username: person.email, password: person.password };
    const by = (id: string, form: Record<string, string>) => service.token(form, basic(id, SECRET));
    for (const form of [login, { grant_type: "client_credentials" }]) {
      const answer = await by("machine", form);
      expect(answer).toMatchObject({ status: 200, json: { scope: "me" } });
      expect(answer.json).not.toHaveProperty("id_token");
      for (const scope of ["openid", "me email", "openid offline_access"])
        expect(await by("machine", { ...form, scope })).toMatchObject({
          status: 400,
          json: { error: "invalid_scope", error_description: "the allowed scopes are: me" },
        });
      expect(await by("identity", form)).toMatchObject({ json: { error: "invalid_scope" } });
    }
    const builtIn = await service.token({ ...login, scope: "openid me" });
    expect(builtIn).toMatchObject({ status: 400, json: { error: "invalid_scope" } });
    // A session with all scopes has none of these.
    const { refresh_token } = await service.tokens(person);
    expect(await service.refresh(refresh_token, { scope: "openid" })).toMatchObject({
      json: { error: "invalid_scope" },
    });
  });

  test("a code cannot be exchanged after the client has lost one of its scopes, also with openid", async () => {
    const { visitor } = await arrive(service, ADA);
    await addApp(service, { id: "loser", scopes: "openid orders:read" });
    const request = ask({ client_id: "loser", scope: "openid orders:read" });
    const code = await codeFor(service, visitor, request);
    const change = { id: "loser", scopes: ["openid"] };
    await updateClient(service.tegata, change, ["authorization_code", "refresh_token"], OPERATOR);
    expect(await exchange(service, code, request, { client_id: "loser" })).toMatchObject({
      status: 400,
      json: { error: "invalid_grant" },
    });
  });

  test("the ID token has the claims of the login", async () => {
    const { person, visitor } = await arrive(service, ADA);
    const beforeSeconds = Math.floor(service.tegata.now() / 1000);
    const { id_token = "", access_token } = await logIn(visitor, "openid");
    const keys = createRemoteJWKSet(new URL(`${service.url}/.well-known/jwks.json`));
    const { payload, protectedHeader } = await jwtVerify(id_token, keys, { issuer: ISSUER });
    const { sid, exp, iat = 0 } = decodeJwt(access_token);
    expect(protectedHeader).toEqual({ alg: "RS256", typ: "JWT", kid: expect.any(String) });
    expect(payload).toEqual({
      iss: ISSUER,
      sub: String(person.id),
      aud: "app",
      sid,
      exp,
      iat: expect.any(Number),
      auth_time: expect.any(Number),
      amr: ["pwd"],
    });
    expect(Math.abs((payload.iat ?? 0) - iat)).toBeLessThanOrEqual(1);
    expect(Number(payload["auth_time"])).toBeLessThanOrEqual(beforeSeconds);
  });

  test("the ID token repeats the nonce of the request", async () => {
    const { visitor } = await arrive(service, ADA);
    const request = ask({ scope: "openid" });
    const browser = await findBrowser(service.tegata, visitor.cookie?.split("=")[1]);
    const session = browser?.session ?? expect.unreachable();
    const code = await issueCode(service.tegata, session, {
      clientId: "app",
      redirectUri: APP,
      scope: "openid",
      challenge: new URLSearchParams(request.query).get("code_challenge") ?? undefined,
      nonce: "n-0S6_WzA2Mj ü",
    });
    const tokens = service.issued(await exchange(service, code ?? "", request));
    expect(decodeJwt(tokens.id_token ?? "")["nonce"]).toBe("n-0S6_WzA2Mj ü");
    expect(decodeJwt((await refresh(tokens)).id_token ?? "")).not.toHaveProperty("nonce");
  });

  test("a refresh returns a new ID token of the same login, with claims that are read again", async () => {
    const { person, visitor } = await arrive(service, ADA);
    const first = await logIn(visitor, "openid profile email me");
    const before = decodeJwt(first.id_token ?? "");
    expect(before).toMatchObject({ name: "Ada Lovelace", email_verified: false });
    service.ahead += 60_000;
    await service.tegata.db.users.verifyEmail(person, service.tegata.now());
    const second = await refresh(first);
    const after = decodeJwt(second.id_token ?? "");
    for (const claim of ["iss", "sub", "aud", "auth_time", "sid", "amr"])
      expect(after[claim], claim).toEqual(before[claim]);
    expect(Number(after.iat)).toBeGreaterThanOrEqual(Number(before.iat) + 60);
    expect(after).toMatchObject({ email_verified: true });
    // Fewer scopes, fewer claims; and none without openid.
    const third = await refresh(second, { scope: "openid" });
    expect(decodeJwt(third.id_token ?? "")).not.toHaveProperty("email");
    expect(await refresh(third, { scope: "me" })).not.toHaveProperty("id_token");
  });

  test("users are asked about identity scopes, too", async () => {
    const { visitor } = await arrive(service, ADA);
    const request = ask({ client_id: "stranger", scope: "openid profile email offline_access" });
    expect((await shownFor(visitor, request)).scopes).toEqual([
      { name: "openid", text: expect.stringMatching(/^Recognize you/) },
      { name: "profile", text: expect.stringMatching(/name/) },
      { name: "email", text: expect.stringMatching(/email/) },
    ]);
  });

  describe("/userinfo", () => {
    const userinfo = (method: string, token?: string, init: RequestInit = {}) =>
      service.request(method, "/userinfo", {
        ...init,
        headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      });

    test.each([
      ["openid", {}],
      ["openid profile", { name: "Ada Lovelace" }],
      ["openid email", { email: true, email_verified: false }],
      ["openid profile email", { name: "Ada Lovelace", email: true, email_verified: false }],
    ])("with the scope %s returns its claims, by GET and by POST", async (scope, claims) => {
      const { person, visitor } = await arrive(service, ADA);
      const { access_token, id_token = "" } = await logIn(visitor, scope);
      const expected = {
        sub: String(person.id),
        ...claims,
        ...("email" in claims && { email: person.email }),
      };
      for (const method of ["GET", "POST"]) {
        const { status, json, headers } = await userinfo(method, access_token);
        expect({ status, json }).toEqual({ status: 200, json: expected });
        expect(headers.get("content-type")).toMatch(/^application\/json/);
        expect(headers.get("cache-control")).toBe("no-store");
      }
      expect(decodeJwt(id_token)).toMatchObject(expected);
    });

    test("names the username, and leaves out what is not known", async () => {
      await arrive(service, ADA);
      const person = await service.person({ username: "ada" });
      const visitor = new Visitor(service);
      await visitor.logIn(person);
      const { access_token } = await logIn(visitor, "openid profile");
      expect((await userinfo("GET", access_token)).json).toEqual({
        sub: String(person.id),
        preferred_username: "ada",
      });
    });

    const challengeOf = ({ headers }: { headers: Headers }) => headers.get("www-authenticate");

    test("refuses as RFC 6750 says", async () => {
      const { person, visitor } = await arrive(service, ADA);
      const none = await userinfo("GET");
      expect(none.status).toBe(401);
      expect(challengeOf(none)).toBe('Bearer realm="tegata"');
      expect(none.headers.get("cache-control")).toBe("no-store");
      const { id_token = "", access_token } = await logIn(visitor, "openid");
      for (const token of ["unknown", id_token, `${access_token}x`]) {
        const answer = await userinfo("POST", token);
        expect(answer.status).toBe(401);
        expect(challengeOf(answer)).toBe('Bearer realm="tegata", error="invalid_token"');
      }
      for (const token of [
        await service.login(person),
        (await logIn(visitor, "email")).access_token,
      ]) {
        const answer = await userinfo("GET", token);
        expect(answer.status).toBe(403);
        expect(challengeOf(answer)).toBe(
          'Bearer realm="tegata", error="insufficient_scope", scope="openid"',
        );
      }
      expect(await userinfo("PUT", access_token)).toMatchObject({ status: 405 });
    });

    test("does not read a token in the body or in the URL", async () => {
      const { visitor } = await arrive(service, ADA);
      const { access_token } = await logIn(visitor, "openid");
      const body = new URLSearchParams({ access_token });
      expect(await userinfo("POST", undefined, { body })).toMatchObject({ status: 401 });
      const url = `/userinfo?${body}`;
      expect(await service.request("GET", url)).toMatchObject({ status: 401 });
    });

    test("stops answering when the account is disabled", async () => {
      const { person, visitor } = await arrive(service, ADA);
      const { access_token } = await logIn(visitor, "openid");
      await setDisabled(service.tegata, person.email, true, OPERATOR);
      expect(await userinfo("GET", access_token)).toMatchObject({ status: 403 });
      await setDisabled(service.tegata, person.email, false, OPERATOR);
      expect(await userinfo("GET", access_token)).toMatchObject({ status: 401 });
    });
  });
});
