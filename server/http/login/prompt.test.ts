/** What a page asks because the client says so, or never asks: `prompt` (OpenID Connect Core sections 3.1.2.1 and 3.1.2.6). */
import { beforeAll, describe, expect, test } from "vitest";
import {
  type AuthorizationShown,
  act,
  addApp,
  agree,
  ask,
  idTokenOf,
  isKept,
  parametersOf,
  returned,
  shownFor,
  visit,
} from "../../../testing/authorization.ts";
import { ENGINES } from "../../../testing/engines.ts";
import { ISSUER, useService } from "../../../testing/service.ts";
import { arrive, dataOf, Visitor } from "../../../testing/visitor.ts";

const SCOPES = "me openid";
const STALE = { status: 409, json: { error: { data: { reason: "stale_page" } } } };

describe.each(ENGINES)("a request on $name", (engine) => {
  const service = useService(engine);
  beforeAll(async () => {
    service.stoppedAt = Date.now();
    await addApp(service, { scopes: SCOPES });
    await addApp(service, { id: "stranger", scopes: SCOPES, firstParty: false });
    await addApp(service, { id: "desktop", scopes: SCOPES, redirectUris: "com.example.app:/cb" });
  });

  describe("with the prompt none never shows a page", () => {
    const STATES = ["日本語 😀 +&=", "x".repeat(128)];
    test.each<[string, string | undefined, Record<string, string>]>([
      ["a browser that is logged in", undefined, {}],
      ["a login that is not older than max_age", undefined, { max_age: "10" }],
      ["a login that is older than max_age", "login_required", { max_age: "9" }],
      ["a max_age of 0", "login_required", { max_age: "0" }],
      ["no consent", "consent_required", { client_id: "stranger" }],
      [
        "a program at the redirect URI that the person has not confirmed",
        "interaction_required",
        { client_id: "desktop", redirect_uri: "com.example.app:/cb" },
      ],
    ])("%s: %s", async (_, error, parameters) => {
      const { visitor } = await arrive(service);
      service.ahead += 10_000;
      for (const state of STATES) {
        const request = ask({ prompt: "none", ...parameters, state });
        const shown = await shownFor(visitor, request);
        expect(shown.is).toBe("done");
        for (const response of [
          returned(await visit(service, visitor, request)),
          parametersOf(shown.to ?? ""),
        ]) {
          expect(response).toMatchObject({ state, iss: ISSUER });
          expect(response["error"]).toBe(error);
          expect("code" in response).toBe(error === undefined);
        }
      }
    });

    test("nobody is logged in: login_required", async () => {
      const request = ask({ prompt: "none" });
      const expected = { error: "login_required", state: request.state, iss: ISSUER };
      const visitor = new Visitor(service);
      expect(returned(await visit(service, visitor, request))).toMatchObject(expected);
      expect(parametersOf((await shownFor(visitor, request)).to ?? "")).toMatchObject(expected);
      // As a form, too.
      const form = await service.post("/authorize", request.query);
      const query = form.headers.get("location")?.slice(1) ?? "";
      expect(returned(await visit(service, visitor, { query }))).toMatchObject(expected);
    });

    test("except to a browser that prefetches it, which gets neither a code nor an error", async () => {
      const { visitor } = await arrive(service);
      for (const cookie of [visitor.cookie ?? "", ""])
        for (const [method, headers] of [
          ["HEAD", {}],
          ["GET", { "sec-purpose": "prefetch;prerender" }],
        ] as const) {
          const path = `/authorize?${ask({ prompt: "none" }).query}`;
          const answer = await service.request(method, path, { headers: { cookie, ...headers } });
          expect(isKept(answer)).toBe(true);
        }
    });
  });

  test("with the prompt consent asks each time, also for a client of the operator", async () => {
    const { visitor } = await arrive(service);
    for (const client_id of ["stranger", "app"])
      for (const _ of ["first", "second"]) {
        const request = ask({ client_id, prompt: "consent", scope: "me" });
        expect(isKept(await visit(service, visitor, request))).toBe(true);
        const shown = await shownFor(visitor, request);
        expect(shown.is).toBe("consent");
        expect(await shownFor(visitor, request, shown.ticket)).toMatchObject({ is: "consent" });
        expect(parametersOf(await agree(visitor, request, shown))).toHaveProperty("code");
      }
  });

  test("with the prompts login and consent asks for both", async () => {
    const { person, visitor } = await arrive(service);
    const request = ask({ prompt: "consent login" });
    const before = await shownFor(visitor, request);
    expect(before.is).toBe("log_in_again");
    await visitor.logIn(person);
    const shown = await shownFor(visitor, request, before.ticket);
    expect(shown.is).toBe("consent");
    expect(parametersOf(await agree(visitor, request, shown))).toHaveProperty("code");
  });

  describe("with the prompt select_account", () => {
    const request = (more = {}) => ask({ prompt: "select_account", scope: "openid", ...more });

    test("shows who is logged in, and goes on when the person has chosen that account", async () => {
      const { person, visitor } = await arrive(service);
      const asked = request({ client_id: "stranger" });
      expect(isKept(await visit(service, visitor, asked))).toBe(true);
      const shown = await shownFor(visitor, asked);
      expect(shown).toMatchObject({ is: "choose", account: { email: person.email } });
      expect(await act(visitor, "allow", asked, shown.ticket)).toMatchObject(STALE);
      expect(await shownFor(visitor, asked, shown.ticket)).toMatchObject({ is: "choose" });
      const chosen = dataOf<AuthorizationShown>(await act(visitor, "choose", asked, shown.ticket));
      expect(chosen).toMatchObject({ is: "consent", account: { email: person.email } });
      expect(await shownFor(visitor, asked, chosen.ticket)).toMatchObject({ is: "consent" });
      expect(parametersOf(await agree(visitor, asked, chosen))).toHaveProperty("code");
      // Of the operator's clients nothing else is asked.
      const own = request();
      const { ticket } = await shownFor(visitor, own);
      const { is, to } = dataOf<AuthorizationShown>(await act(visitor, "choose", own, ticket));
      expect(is).toBe("done");
      expect((await idTokenOf(service, own, to)).claims.sub).toBe(String(person.id));
    });

    test("goes on after a login, which is a choice", async () => {
      const { visitor } = await arrive(service);
      for (const browser of [visitor, new Visitor(service)]) {
        const asked = request();
        const { ticket } = await shownFor(browser, asked);
        const other = await service.person();
        await browser.logIn(other);
        // What the page has shown is not what was chosen.
        expect(await act(browser, "choose", asked, ticket)).toMatchObject(STALE);
        const { is, to } = await shownFor(browser, asked, ticket);
        expect(is).toBe("done");
        expect((await idTokenOf(service, asked, to)).claims.sub).toBe(String(other.id));
      }
    });

    test("does not take the choice of one account for that of another", async () => {
      const { visitor: other } = await arrive(service);
      service.ahead += 61_000;
      const { visitor } = await arrive(service);
      const asked = request({ client_id: "stranger" });
      const { ticket } = await shownFor(visitor, asked);
      const chosen = dataOf<AuthorizationShown>(await act(visitor, "choose", asked, ticket));
      expect(await shownFor(other, asked, chosen.ticket)).toMatchObject({ is: "choose" });
      expect(await act(other, "allow", asked, chosen.ticket)).toMatchObject(STALE);
    });
  });

  test("has its nonce in the ID token", async () => {
    const { visitor } = await arrive(service);
    for (const nonce of ["n-0S6_WzA2Mj", "n".repeat(500), "日".repeat(166), undefined]) {
      const request = ask({ nonce, scope: "openid" });
      const to = (await visit(service, visitor, request)).headers.get("location") ?? "";
      expect((await idTokenOf(service, request, to)).claims["nonce"]).toBe(nonce);
    }
  });
});
