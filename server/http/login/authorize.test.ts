/** Authorization requests, from the browser to the tokens (RFC 6749 section 4.1, RFC 7636, RFC 9207). */
import { beforeAll, describe, expect, test } from "vitest";
import {
  APP,
  addApp,
  ask,
  codeFor,
  exchange,
  isKept,
  parametersOf,
  returned,
  shownFor,
  visit,
} from "../../../testing/authorization.ts";
import { ENGINES } from "../../../testing/engines.ts";
import { basic, ISSUER, useService } from "../../../testing/service.ts";
import { arrive, dataOf, Visitor } from "../../../testing/visitor.ts";
import { setDisabled } from "../../accounts/disable.ts";
import { removeClient } from "../../clients/changes.ts";
import { hashSecret } from "../../clients/secrets.ts";
import { OPERATOR } from "../../requester.ts";
import { SCOPES } from "../../tokens/scopes.ts";

describe.each(ENGINES)("authorization on $name", (engine) => {
  const service = useService(engine);
  beforeAll(async () => {
    await addApp(service);
    await addApp(service, { id: "stranger", firstParty: false });
    await addApp(service, { id: "backend", secretHash: hashSecret("s") });
    const redirectUris = "http://127.0.0.1/callback com.example.app:/callback";
    await addApp(service, { id: "desktop", redirectUris });
  });
  const isLoggedIn = async (token: string) => (await service.query("me", token)).status === 200;
  const INVALID_GRANT = { status: 400, json: { error: "invalid_grant" } };

  test("a browser that is logged in brings a code, which is exchanged for tokens of the user", async () => {
    const { person, visitor } = await arrive(service);
    const request = ask({ scope: "me" });
    const response = await visit(service, visitor, request);
    const { code = "", ...rest } = returned(response);
    expect(rest).toEqual({ state: request.state, iss: ISSUER });
    expect(response.headers.get("location")).toMatch(
      /^https:\/\/app\.example\.com\/callback\?code=/,
    );
    expect(response.headers.get("cache-control")).toBe("no-store");
    // An application that has opened the page in a window of its own can still see that window.
    expect(response.headers.get("cross-origin-opener-policy")).toBe("unsafe-none");
    const tokens = service.issued(await exchange(service, service.secret(code), request));
    expect(tokens.scope).toBe("me");
    expect(await service.query("me", tokens.access_token)).toMatchObject({
      json: { result: { data: { email: person.email } } },
    });
    const refreshed = await service.token({
      grant_type: "refresh_token",
      client_id: "app",
      refresh_token: tokens.refresh_token,
    });
    expect(refreshed).toMatchObject({ status: 200, json: { scope: "me" } });
  });

  test("a browser that is not logged in shows the page, and gets the code after the login", async () => {
    const { person } = await arrive(service);
    const visitor = new Visitor(service);
    const request = ask();
    expect(isKept(await visit(service, visitor, request))).toBe(true);
    expect(await shownFor(visitor, request)).toEqual({
      is: "log_in",
      ticket: expect.any(String),
      client: { name: "The App", host: "app.example.com" },
    });
    await visitor.logIn(person);
    const { is, to = "" } = await shownFor(visitor, request);
    expect(is).toBe("done");
    const { code = "" } = parametersOf(to);
    service.issued(await exchange(service, service.secret(code), request));
  });

  test("a client of somebody else asks for consent, once for each scope", async () => {
    const { person, visitor } = await arrive(service);
    const client = { client_id: "stranger" };
    const request = ask({ ...client, scope: "me" });
    expect(isKept(await visit(service, visitor, request))).toBe(true);
    const shown = await shownFor(visitor, request);
    expect(shown).toMatchObject({
      is: "consent",
      account: { email: person.email },
      scopes: [{ name: "me", text: SCOPES.me }],
    });
    const decide = (act: string, what = request, ticket = shown.ticket) =>
      visitor.call(`authorization.${act}`, { request: what.query, ticket });
    // The person sees one request and agrees to that one only.
    expect(await decide("allow", ask({ ...client, scope: "items" }))).toMatchObject({
      status: 409,
    });
    const denied = parametersOf(dataOf<{ to: string }>(await decide("deny")).to);
    expect(denied).toMatchObject({ error: "access_denied", state: request.state, iss: ISSUER });
    expect(await shownFor(visitor, request)).toMatchObject({ is: "consent" });
    const { to } = dataOf<{ to: string }>(await decide("allow"));
    const { code = "" } = parametersOf(to);
    const tokens = service.issued(await exchange(service, service.secret(code), request, client));
    expect(tokens.scope).toBe("me");
    returned(await visit(service, visitor, ask({ ...client, scope: "me" })));
    expect(await shownFor(visitor, ask({ ...client, scope: "me items" }))).toMatchObject({
      is: "consent",
    });
    // A client that gets the id later is another one.
    await removeClient(service.tegata, "stranger", OPERATOR);
    await addApp(service, { id: "stranger", firstParty: false });
    expect(await shownFor(visitor, request)).toMatchObject({ is: "consent" });
  });

  test("an agreement from a page that another tab has logged in to as somebody else does not count", async () => {
    const { visitor } = await arrive(service);
    const request = ask({ client_id: "stranger" });
    const { ticket } = await shownFor(visitor, request);
    const other = await service.person();
    await visitor.logIn(other);
    const act = { request: request.query, ticket };
    for (const name of ["authorization.allow", "authorization.deny"])
      expect(await visitor.call(name, act)).toMatchObject({
        status: 409,
        json: { error: { data: { reason: "stale_page" } } },
      });
  });

  test("an app on the user's machine, where any program can listen, asks each time (RFC 8252 section 8.6)", async () => {
    const { visitor } = await arrive(service);
    for (const redirect_uri of ["http://127.0.0.1:49152/callback", "com.example.app:/callback"]) {
      const request = ask({ client_id: "desktop", redirect_uri });
      for (const _ of ["first", "second"]) {
        expect(isKept(await visit(service, visitor, request))).toBe(true);
        const { is, ticket } = await shownFor(visitor, request);
        expect(is).toBe("consent");
        const act = { request: request.query, ticket };
        const { to } = dataOf<{ to: string }>(await visitor.call("authorization.allow", act));
        expect(to.startsWith(`${redirect_uri}?code=`)).toBe(true);
      }
    }
  });

  test("a code is bound to its client, its redirect URI and its verifier, and a wrong one costs it nothing", async () => {
    const { visitor } = await arrive(service);
    const request = ask();
    const code = await codeFor(service, visitor, request);
    const other = ask();
    const wrong: [Record<string, string>, Record<string, string>?][] = [
      [{ code_verifier: other.verifier }],
      [{ code_verifier: "" }],
      [{ redirect_uri: `${APP}/` }],
      [{ client_id: "stranger" }],
      [{ client_id: "" }, basic("backend", "s")],
      [{ code: `${code}x` }],
    ];
    for (const [more, headers] of wrong)
      expect(await exchange(service, code, request, more, headers)).toMatchObject(INVALID_GRANT);
    expect(await exchange(service, code, { verifier: "short" })).toMatchObject({
      json: { error: "invalid_request" },
    });
    // With PKCE, the redirect URI need not be repeated.
    service.issued(await exchange(service, code, request, { redirect_uri: "" }));
  });

  test("a confidential client may leave out PKCE, but then nobody can add a verifier, and the redirect URI is needed", async () => {
    const { visitor } = await arrive(service);
    const client = { client_id: "backend" };
    const plain = { ...client, code_challenge: undefined, code_challenge_method: undefined };
    const send = async (more: Record<string, string>) =>
      exchange(
        service,
        await codeFor(service, visitor, ask(plain)),
        { verifier: "" },
        { client_id: "", ...more },
        basic("backend", "s"),
      );
    expect(await send({ code_verifier: ask().verifier })).toMatchObject(INVALID_GRANT);
    expect(await send({ redirect_uri: "" })).toMatchObject(INVALID_GRANT);
    service.issued(await send({}));
  });

  test("a code lives for a minute", async () => {
    const { visitor } = await arrive(service);
    const request = ask();
    const [late, early] = [
      await codeFor(service, visitor, request),
      await codeFor(service, visitor, request),
    ];
    service.ahead += 59_000;
    service.issued(await exchange(service, early, request));
    service.ahead += 1_000;
    expect(await exchange(service, late, request)).toMatchObject(INVALID_GRANT);
  });

  test("a code that comes twice at once is refused; one that comes again later ends the session that it has opened", async () => {
    const { visitor } = await arrive(service);
    const request = ask();
    const code = await codeFor(service, visitor, request);
    const { access_token } = service.issued(await exchange(service, code, request));
    expect(await exchange(service, code, request)).toMatchObject(INVALID_GRANT);
    service.ahead += 9_000;
    expect(await exchange(service, code, request)).toMatchObject(INVALID_GRANT);
    expect(await isLoggedIn(access_token)).toBe(true);
    service.ahead += 2_000;
    // Without all that belongs to it, a code ends nothing: it may be from a log.
    expect(await exchange(service, code, ask())).toMatchObject(INVALID_GRANT);
    expect(await isLoggedIn(access_token)).toBe(true);
    expect(await exchange(service, code, request)).toMatchObject(INVALID_GRANT);
    expect(await isLoggedIn(access_token)).toBe(false);
    const events = await service.tegata.db.events.list({ types: ["code_replayed"] }, { limit: 1 });
    expect(events).toMatchObject([{ clientId: "app" }]);
  });

  test.each(["logged out", "disabled"])(
    "a code of a browser that is %s meanwhile opens nothing",
    async (end) => {
      const { person, visitor } = await arrive(service);
      const request = ask();
      const code = await codeFor(service, visitor, request);
      if (end === "logged out") await visitor.leave();
      else await setDisabled(service.tegata, person.email, true, OPERATOR);
      expect(await exchange(service, code, request)).toMatchObject(INVALID_GRANT);
    },
  );

  test("what a code has opened ends when the browser is logged out", async () => {
    const { visitor } = await arrive(service);
    const request = ask();
    const code = await codeFor(service, visitor, request);
    const { access_token } = service.issued(await exchange(service, code, request));
    await visitor.leave();
    expect(await isLoggedIn(access_token)).toBe(false);
  });

  test("a browser that prefetches the page, or asks for the headers, gets no code", async () => {
    const { visitor } = await arrive(service);
    const { query } = ask();
    const cookie = visitor.cookie ?? "";
    for (const [method, headers] of [
      ["HEAD", {}],
      ["GET", { "sec-purpose": "prefetch;prerender" }],
      ["GET", { purpose: "prefetch" }],
    ] as const) {
      const answer = await service.request(method, `/authorize?${query}`, {
        headers: { cookie, ...headers },
      });
      expect(isKept(answer)).toBe(true);
    }
  });

  test("a request may come as a form, which is sent on as a GET (OpenID Connect Core section 3.1.2.1)", async () => {
    const { visitor } = await arrive(service);
    const { query } = ask({ state: "ä +&=" });
    const answer = await service.post("/authorize", query);
    expect(answer.status).toBe(303);
    const location = answer.headers.get("location") ?? "";
    expect(location).toMatch(/^\?/);
    const request = { query: location.slice(1) };
    expect(returned(await visit(service, visitor, request))).toMatchObject({ state: "ä +&=" });
  });

  test.each(["/authorize", "/logout"])(
    "a form to %s is not kept by a cache, leaves the window connected, and must be UTF-8",
    async (path) => {
      const { headers } = await service.post(path, "state=x");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("cross-origin-opener-policy")).toBe("unsafe-none");
      const type = { "content-type": "application/x-www-form-urlencoded" };
      const body = Buffer.from("state=\xff", "latin1");
      const answer = await service.request("POST", path, { body, headers: type });
      expect(answer).toMatchObject({ status: 415, json: { detail: "the body must be in UTF-8" } });
    },
  );

  test("no page can show the endpoint in a frame, and its URL goes to nobody as a referrer", async () => {
    const { visitor } = await arrive(service);
    const requests = [ask(), ask({ client_id: "nobody" }), ask({ scope: "admin" })];
    for (const request of requests) {
      const { headers } = await visit(service, visitor, request);
      expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
    }
  });
});
