/** Requests to log out (OpenID Connect RP-Initiated Logout 1.0). */
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { openWithIdToken } from "../../../testing/apps.ts";
import { addApp, ask, codeFor, exchange, isKept, visit } from "../../../testing/authorization.ts";
import { ENGINES } from "../../../testing/engines.ts";
import {
  ALTERED,
  LEFT,
  type LogoutParameters,
  logoutQuery,
  logoutShown,
  visitLogout,
} from "../../../testing/logout.ts";
import { useService } from "../../../testing/service.ts";
import { arrive, Visitor } from "../../../testing/visitor.ts";

const URI = { post_logout_redirect_uri: LEFT };
const STATE = { state: "ä +&=".padEnd(128, "x") };
const INVALID_GRANT = { status: 400, json: { error: "invalid_grant" } };
const back = (state: string) => `${LEFT}?state=${encodeURIComponent(state)}`;

describe.each(ENGINES)("logging out on $name", (engine) => {
  const service = useService(engine);
  beforeAll(async () => {
    await addApp(service, { scopes: "me openid", logoutUris: `${LEFT} ${LEFT}?tenant=1` });
    const other = { id: "other", logoutUris: "https://other.example.com/left" };
    await addApp(service, { ...other, scopes: "me openid" });
  });

  /** A browser that is logged in, and an application in it. */
  const arriveInApp = async () => {
    const { person, visitor } = await arrive(service);
    return { person, visitor, ...(await openWithIdToken(service, visitor)) };
  };
  const isLoggedIn = async (visitor: Visitor) => (await visitor.show()).is === "logged_in";
  const works = async (token: string) => (await service.query("me", token)).status === 200;

  /**
   * The modules of the conformance suite: what is sent, what happens at once, what the page says is wrong, and where the
   * browser goes after the click.
   */
  const MODULES: [
    name: string,
    parameters: (idToken: string) => LogoutParameters,
    expected: { at?: "once"; fault?: string; to?: string },
  ][] = [
    [
      "rp-initiated-logout",
      (id_token_hint) => ({ id_token_hint, ...URI, ...STATE }),
      { at: "once", to: back(STATE.state) },
    ],
    ["no-state", (id_token_hint) => ({ id_token_hint, ...URI }), { at: "once", to: LEFT }],
    [
      "no-post-logout-redirect-uri",
      (id_token_hint) => ({ id_token_hint, ...STATE }),
      { at: "once" },
    ],
    [
      "bad-post-logout-redirect-uri",
      (id_token_hint) => ({ id_token_hint, post_logout_redirect_uri: `${LEFT}/other`, ...STATE }),
      { fault: "logout_uri_unregistered" },
    ],
    [
      "query-added-to-post-logout-redirect-uri",
      (id_token_hint) => ({ id_token_hint, post_logout_redirect_uri: `${LEFT}?foo=bar`, ...STATE }),
      { fault: "logout_uri_unregistered" },
    ],
    [
      "modified-id-token-hint",
      (token) => ({ id_token_hint: ALTERED["with alg none"](token), ...URI, ...STATE }),
      { fault: "client_id_missing" },
    ],
    [
      "bad-id-token-hint",
      (token) => ({ id_token_hint: ALTERED["with another content"](token), ...URI, ...STATE }),
      { fault: "client_id_missing" },
    ],
    ["no-id-token-hint", () => ({ ...URI, ...STATE }), { fault: "client_id_missing" }],
    ["no-params", () => ({}), {}],
    ["only-state", () => STATE, {}],
  ];

  test.each(MODULES)(
    "conformance: %s",
    async (_, parametersOf, { at, fault = null, to = null }) => {
      const { person, visitor, accessToken, idToken } = await arriveInApp();
      const query = logoutQuery(parametersOf(idToken));
      const response = await visitLogout(service, visitor, query);
      expect(response.headers.get("location")).toBe(at === "once" ? to : null);
      expect(await isLoggedIn(visitor)).toBe(at !== "once");
      if (at !== "once") {
        const { email } = person;
        expect(await logoutShown(visitor, query)).toEqual({
          fault,
          account: expect.objectContaining({ email }),
          to,
        });
        // The page says what is wrong, but the person can log out.
        expect(await visitor.leave()).toBe(true);
      }
      // The page that comes with the removal of the cookie needs the build.
      if (to !== null || at !== "once") expect(visitor.cookie).toBeUndefined();
      expect(await logoutShown(visitor, query)).toEqual({ fault, account: null, to });
      // With prompt=none, the client is told that nobody is logged in.
      expect(isKept(await visit(service, visitor, ask()))).toBe(true);
      expect(await works(accessToken)).toBe(false);
    },
  );

  test("without an ID token, the page comes without a look at the database", async () => {
    const { visitor } = await arriveInApp();
    const looks = vi.spyOn(service.tegata.db.sessions, "find");
    onTestFinished(() => looks.mockRestore());
    expect(isKept(await visitLogout(service, visitor, logoutQuery({})))).toBe(true);
    expect(looks).not.toHaveBeenCalled();
  });

  test("the ID token of an earlier login in the same browser does not end a later one without a click", async () => {
    const { person, visitor, idToken } = await arriveInApp();
    await visitor.logIn(person);
    const query = logoutQuery({ id_token_hint: idToken, ...URI });
    expect(isKept(await visitLogout(service, visitor, query))).toBe(true);
    expect(await isLoggedIn(visitor)).toBe(true);
  });

  test("an ID token works at any age, and after its own session has ended", async () => {
    const { visitor, accessToken, idToken } = await arriveInApp();
    await service.post("/revoke", { token: accessToken, client_id: "app" });
    service.ahead += 24 * 60 * 60_000;
    const query = logoutQuery({ id_token_hint: idToken, ...URI });
    const response = await visitLogout(service, visitor, query);
    expect(response.headers.get("location")).toBe(LEFT);
    expect(await isLoggedIn(visitor)).toBe(false);
    service.ahead = 0;
  });

  test("every application in the browser is logged out, and no other browser", async () => {
    const { person, visitor, accessToken, idToken } = await arriveInApp();
    const another = await openWithIdToken(service, visitor, "other");
    const elsewhere = new Visitor(service);
    await elsewhere.logIn(person);
    await visitLogout(service, visitor, logoutQuery({ id_token_hint: idToken }));
    for (const token of [accessToken, another.accessToken]) expect(await works(token)).toBe(false);
    expect(await isLoggedIn(elsewhere)).toBe(true);
    const [event] = await service.tegata.db.events.list({ userId: person.id }, { limit: 1 });
    expect(event).toMatchObject({ type: "session_ended", detail: "logged_out" });
  });

  test("the cookie is removed, and no cache keeps the answer", async () => {
    const { visitor, idToken } = await arriveInApp();
    const query = logoutQuery({ id_token_hint: idToken, ...URI });
    const { status, headers } = await visitLogout(service, visitor, query);
    expect(status).toBe(303);
    expect(headers.getSetCookie()).toEqual([
      "__Host-tegata=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0",
    ]);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
  });

  test("where nobody is logged in, a client with an ID token gets its user back at once; others do not", async () => {
    const { visitor, idToken } = await arriveInApp();
    const request = { client_id: "app", ...URI };
    const known = logoutQuery({ id_token_hint: idToken, ...request });
    await visitLogout(service, visitor, known);
    const again = await visitLogout(service, visitor, known);
    expect(again.headers.get("location")).toBe(LEFT);
    expect(again.headers.getSetCookie()).toEqual([]);
    expect(isKept(await visitLogout(service, visitor, logoutQuery(request)))).toBe(true);
    expect(await logoutShown(visitor, logoutQuery(request))).toEqual({
      fault: null,
      account: null,
      to: LEFT,
    });
  });

  test("a browser that prefetches the page, or asks for the headers, stays logged in", async () => {
    const { visitor, idToken } = await arriveInApp();
    const query = logoutQuery({ id_token_hint: idToken, ...URI });
    for (const options of [
      { method: "HEAD" },
      { headers: { "sec-purpose": "prefetch;prerender" } },
      { headers: { purpose: "prefetch" } },
    ]) {
      expect(isKept(await visitLogout(service, visitor, query, options))).toBe(true);
      expect(await isLoggedIn(visitor)).toBe(true);
    }
  });

  test("a request may come as a form, which is sent on as a GET: only that carries the cookie from another site", async () => {
    const { visitor, idToken } = await arriveInApp();
    const form = logoutQuery({ id_token_hint: idToken, ...URI, ...STATE });
    const sent = await service.post("/logout", form, { cookie: visitor.cookie ?? "" });
    expect(sent.status).toBe(303);
    expect(sent.headers.getSetCookie()).toEqual([]);
    expect(await isLoggedIn(visitor)).toBe(true);
    const location = sent.headers.get("location") ?? "";
    expect(location).toMatch(/^\?/);
    const response = await visitLogout(service, visitor, location.slice(1));
    expect(response.headers.get("location")).toBe(back(STATE.state));
    expect(await isLoggedIn(visitor)).toBe(false);
  });

  test("a code from before the logout opens nothing", async () => {
    const { visitor, idToken } = await arriveInApp();
    const request = ask();
    const code = await codeFor(service, visitor, request);
    await visitLogout(service, visitor, logoutQuery({ id_token_hint: idToken }));
    expect(await exchange(service, code, request)).toMatchObject(INVALID_GRANT);
  });

  test("a code that is exchanged during the logout opens nothing that lives on, whichever comes first", async () => {
    const { codes, sessions } = service.tegata.db;
    const { spend } = codes;
    const { addForBrowser } = sessions;
    const { visitor, ...app } = await arriveInApp();
    const request = ask();
    const code = await codeFor(service, visitor, request);
    const logOut = () => visitLogout(service, visitor, logoutQuery({ id_token_hint: app.idToken }));
    // The code is spent, and its session is not open yet.
    Object.assign(codes, {
      async spend(...given: Parameters<typeof spend>) {
        const isSpent = await spend(...given);
        await logOut();
        return isSpent;
      },
    });
    const late = await exchange(service, code, request).finally(() =>
      Object.assign(codes, { spend }),
    );
    expect(late).toMatchObject(INVALID_GRANT);

    const again = await arriveInApp();
    const next = await codeFor(service, again.visitor, request);
    // The session is open, and its tokens are not issued yet.
    Object.assign(sessions, {
      async addForBrowser(...given: Parameters<typeof addForBrowser>) {
        const isAdded = await addForBrowser(...given);
        await visitLogout(service, again.visitor, logoutQuery({ id_token_hint: again.idToken }));
        return isAdded;
      },
    });
    const early = await exchange(service, next, request).finally(() =>
      Object.assign(sessions, { addForBrowser }),
    );
    const { access_token, refresh_token } = service.issued(early);
    expect(await works(access_token)).toBe(false);
    const grant = { grant_type: "refresh_token", client_id: "app", refresh_token };
    expect(await service.token(grant)).toMatchObject(INVALID_GRANT);
  });
});
