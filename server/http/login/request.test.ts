/** What is wrong with an authorization request, and who is told (RFC 6749 section 4.1.2.1). */
import { beforeAll, describe, expect, test } from "vitest";
import {
  APP,
  addApp,
  ask,
  codeFor,
  exchange,
  isKept,
  returned,
  shownFor,
  visit,
} from "../../../testing/authorization.ts";
import { ENGINES } from "../../../testing/engines.ts";
import { ISSUER, useService } from "../../../testing/service.ts";
import { arrive, Visitor } from "../../../testing/visitor.ts";

const [engine = expect.unreachable()] = ENGINES;

describe("an authorization request", () => {
  const service = useService(engine);
  let visitor: Visitor;
  beforeAll(async () => {
    await addApp(service);
    await addApp(service, { id: "query", redirectUris: `${APP}?tenant=1` });
    await addApp(service, { id: "other", redirectUris: "https://other.example.com/" });
    await service.client("machine");
    ({ visitor } = await arrive(service));
  });

  describe("that is not proved to be the client's is shown to the person, and never redirects", () => {
    test.each([
      ["client_id_missing", ask({ client_id: undefined }).query],
      ["client_id_missing", ask({ client_id: "" }).query],
      ["client_unknown", ask({ client_id: "nobody" }).query],
      ["client_unknown", ask({ client_id: "APP" }).query],
      ["redirect_uri_missing", ask({ redirect_uri: undefined }).query],
      ["redirect_uri_missing", ask({ redirect_uri: "" }).query],
      ["redirect_uri_unregistered", ask({ redirect_uri: "https://evil.example/" }).query],
      ["redirect_uri_unregistered", ask({ redirect_uri: `${APP}/..` }).query],
      ["redirect_uri_unregistered", ask({ client_id: "other" }).query],
      ["redirect_uri_unregistered", ask({ client_id: "machine" }).query],
      ["repeated_parameter", `${ask().query}&client_id=app`],
      ["repeated_parameter", `${ask().query}&redirect_uri=${encodeURIComponent(APP)}`],
      ["malformed", `${ask().query}&state=%ff`],
      ["malformed", `${ask().query}&state=%`],
      ["malformed", `${ask().query}&x=${"a".repeat(8192)}`],
    ])("%s: %.300s", async (fault, query) => {
      // With nothing else right, too: no error of the client's comes before.
      for (const one of [query, query.replace("response_type=code", "response_type=token")]) {
        expect(isKept(await visit(service, visitor, { query: one }))).toBe(true);
        expect(await shownFor(visitor, { query: one })).toEqual({ is: "refused", fault });
      }
    });
  });

  describe("of a client whose redirect URI is proved is refused by a redirect", () => {
    test.each([
      ["invalid_request", ask({ response_type: undefined }).query],
      ["unsupported_response_type", ask({ response_type: "token" }).query],
      ["unsupported_response_type", ask({ response_type: "code id_token" }).query],
      ["invalid_request", ask({ response_mode: "fragment" }).query],
      ["invalid_request", ask({ response_mode: "form_post" }).query],
      ["request_not_supported", ask({ request: "e30.e30." }).query],
      ["request_uri_not_supported", ask({ request_uri: "https://app.example.com/r" }).query],
      ["invalid_scope", ask({ scope: "admin" }).query],
      ["invalid_scope", ask({ scope: "me admin" }).query],
      ["invalid_request", ask({ code_challenge: undefined }).query],
      [
        "invalid_request",
        ask({ code_challenge: undefined, code_challenge_method: undefined }).query,
      ],
      ["invalid_request", ask({ code_challenge_method: undefined }).query],
      ["invalid_request", ask({ code_challenge_method: "plain" }).query],
      ["invalid_request", ask({ code_challenge: "short" }).query],
      ["invalid_request", ask({ code_challenge: `${"a".repeat(42)}=` }).query],
      ["invalid_request", ask({ prompt: "create" }).query],
      ["invalid_request", ask({ prompt: "LOGIN" }).query],
      ["invalid_request", ask({ prompt: "login create" }).query],
      ["invalid_request", ask({ prompt: "login  consent" }).query],
      ["invalid_request", ask({ prompt: "none login" }).query],
      ["invalid_request", ask({ prompt: "select_account none" }).query],
      ["invalid_request", ask({ max_age: "-1" }).query],
      ["invalid_request", ask({ max_age: "1.5" }).query],
      ["invalid_request", ask({ max_age: "1e3" }).query],
      ["invalid_request", ask({ max_age: " 1" }).query],
      ["invalid_request", ask({ max_age: "\u0661" }).query],
      ["invalid_request", ask({ nonce: "n".repeat(501) }).query],
      ["invalid_request", ask({ nonce: "\u65e5".repeat(167) }).query],
      ["invalid_request", ask({ nonce: "a\u0000b" }).query],
      ["invalid_request", ask({ nonce: "a\nb" }).query],
      ["invalid_request", ask({ nonce: "a\u0085b" }).query],
      ["invalid_request", ask({ id_token_hint: "e30.e30." }).query],
      ["invalid_request", `${ask().query}&prompt=login&prompt=login`],
      ["invalid_request", `${ask().query}&prompt=none&prompt=consent`],
      ["invalid_request", `${ask().query}&max_age=1&max_age=1000`],
      ["invalid_request", `${ask().query}&nonce=a&nonce=b`],
      ["invalid_request", `${ask().query}&login_hint=a&login_hint=b`],
      ["invalid_request", `${ask().query}&ui_locales=ja&ui_locales=en`],
      ["invalid_request", `${ask().query}&id_token_hint=a&id_token_hint=b`],
      ["invalid_request", `${ask().query}&scope=me&scope=items`],
      ["invalid_request", `${ask().query}&response_type=code`],
    ])("%s: %.300s", async (error, query) => {
      const { state } = Object.fromEntries(new URLSearchParams(query));
      // Whether somebody is logged in makes no difference.
      for (const browser of [visitor, new Visitor(service)]) {
        const response = await visit(service, browser, { query });
        const { error_description = "", ...rest } = returned(response);
        expect(rest).toEqual({ error, state, iss: ISSUER });
        expect(error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
        expect(response.headers.get("location")).toMatch(
          /^https:\/\/app\.example\.com\/callback\?/,
        );
      }
    });

    test("invalid_request without a state, if that is repeated", async () => {
      const response = await visit(service, visitor, {
        query: `${ask().query}&state=other`,
      });
      expect(returned(response)).toEqual({
        error: "invalid_request",
        error_description: expect.any(String),
        iss: ISSUER,
      });
    });
  });

  test.each([
    "a b+c&d=e#f%20g/?",
    "日本語 😀",
    '"\\<script>',
    "x".repeat(128),
    "\r\nSet-Cookie: a=b",
  ])("has its state returned as it was: %j", async (state) => {
    const response = await visit(service, visitor, ask({ state }));
    expect(returned(response)["state"]).toBe(state);
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  test("may have no state, unknown parameters, and repeated resources", async () => {
    const { query } = ask({ state: undefined });
    const response = await visit(service, visitor, {
      query: `${query}&unknown=1&unknown=2&resource=https://a.example&resource=https://b.example&scope=`,
    });
    expect(returned(response)).toEqual({ code: expect.any(String), iss: ISSUER });
  });

  test("may have what OpenID Connect allows to ignore (OpenID Connect Core section 3.1.2.1)", async () => {
    const ignored = {
      display: "popup",
      acr_values: "urn:mace:incommon:iap:silver",
      claims_locales: "ja",
      claims: '{"id_token":{"acr":{"essential":true}}}',
      login_hint: "x".repeat(3000),
      ui_locales: "xx-YY tlh",
      prompt: "",
      max_age: "",
    };
    const request = ask({ ...ignored, nonce: "n".repeat(500) });
    const response = await visit(service, visitor, request);
    expect(returned(response)).toMatchObject({ code: expect.any(String), state: request.state });
  });

  test("keeps the query of its redirect URI", async () => {
    const request = ask({ client_id: "query", redirect_uri: `${APP}?tenant=1` });
    const response = await visit(service, visitor, request);
    expect(response.headers.get("location")).toMatch(/callback\?tenant=1&code=/);
    const code = await codeFor(service, visitor, request);
    const more = { client_id: "query", redirect_uri: `${APP}?tenant=1` };
    expect(await exchange(service, code, request, more)).toMatchObject({ status: 200 });
  });

  test("has its code nowhere in the log", async () => {
    const request = ask();
    // The service fails at its end if a secret is in its log.
    const code = await codeFor(service, visitor, request);
    await service.request("GET", `/authorize?${request.query}&code=${code}`);
    await service.request("GET", `/token?code=${code}`);
  });
});
