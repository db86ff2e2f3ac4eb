/** What a request to log out must contain, and what the page says of it (OpenID Connect RP-Initiated Logout section 2). */
import { beforeAll, describe, expect, test } from "vitest";
import { openWithIdToken } from "../../../testing/apps.ts";
import { addApp, isKept } from "../../../testing/authorization.ts";
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
import { hashSecret } from "../../clients/secrets.ts";

const [engine = expect.unreachable()] = ENGINES;
const URI = { post_logout_redirect_uri: LEFT };

describe("a request to log out", () => {
  const service = useService(engine);
  let visitor: Visitor;
  let idToken: string;
  let other: { accessToken: string; idToken: string };
  beforeAll(async () => {
    await addApp(service, { scopes: "me openid", logoutUris: `${LEFT} ${LEFT}?tenant=1` });
    await addApp(service, { id: "other", logoutUris: "https://other.example.com/left" });
    const loopback = { logoutUris: "http://127.0.0.1/left" };
    await addApp(service, { id: "desktop", ...loopback });
    await addApp(service, { id: "backend", ...loopback, secretHash: hashSecret("s") });
    other = await openWithIdToken(service, (await arrive(service)).visitor);
    ({ visitor } = await arrive(service));
    ({ idToken } = await openWithIdToken(service, visitor));
  });
  const isLoggedIn = async () => (await visitor.show()).is === "logged_in";

  /** They say who sends them, but do not show that it knows this login. */
  test.each<[string, () => LogoutParameters]>([
    ["a client id", () => ({})],
    ...Object.entries(ALTERED).map(([how, alter]): [string, () => LogoutParameters] => [
      `an ID token ${how}`,
      () => ({ id_token_hint: alter(idToken) }),
    ]),
    ["an access token", () => ({ id_token_hint: other.accessToken })],
    ["the ID token of another login", () => ({ id_token_hint: other.idToken })],
  ])("with %s: the page asks before it logs out", async (_, hintOf) => {
    const query = logoutQuery({ client_id: "app", ...URI, state: "x", ...hintOf() });
    expect(isKept(await visitLogout(service, visitor, query))).toBe(true);
    expect(await isLoggedIn()).toBe(true);
    expect(await logoutShown(visitor, query)).toMatchObject({ fault: null, to: `${LEFT}?state=x` });
  });

  test.each<[string, LogoutParameters, string]>([
    ["client_unknown", { client_id: "nobody", id_token_hint: undefined }, ""],
    ["client_id_contradicted", { client_id: "other" }, ""],
    ["repeated_parameter", { client_id: "app" }, "&client_id=app"],
    ["repeated_parameter", { state: "a" }, "&state=b"],
    ["repeated_parameter", URI, `&${logoutQuery(URI)}`],
    ["repeated_parameter", { logout_hint: "a" }, "&logout_hint=a"],
    ["repeated_parameter", { ui_locales: "ja" }, "&ui_locales=en"],
    ["malformed", {}, "&state=%ff"],
    ["malformed", {}, `&x=${"a".repeat(8192)}`],
    ["logout_uri_unregistered", { post_logout_redirect_uri: "https://other.example.com/left" }, ""],
    ["logout_uri_unregistered", { post_logout_redirect_uri: "http://127.0.0.1/left" }, ""],
  ])(
    "%s: %j%.30s is refused with the ID token, too, and changes nothing",
    async (fault, more, rest) => {
      const query = logoutQuery({ id_token_hint: idToken, ...more }) + rest;
      expect(isKept(await visitLogout(service, visitor, query))).toBe(true);
      expect(await logoutShown(visitor, query)).toMatchObject({ fault, to: null });
      expect(await isLoggedIn()).toBe(true);
    },
  );

  test.each([
    ["app", `${LEFT}?tenant=1`, true],
    ["desktop", "http://127.0.0.1:49152/left", true],
    ["desktop", "http://localhost:49152/left", false],
    ["backend", "http://127.0.0.1:49152/left", false],
    ["backend", "http://127.0.0.1/left", true],
    ["tegata", "https://tegata.test/", false],
    // The redirect URIs of a client are not its logout URIs.
    ["app", "https://app.example.com/callback", false],
  ])("after a logout, %s may send users to %s: %s", async (client_id, uri, may) => {
    const query = logoutQuery({ client_id, post_logout_redirect_uri: uri, state: "x" });
    const { to } = await logoutShown(new Visitor(service), query);
    expect(to).toBe(may ? `${uri}${uri.includes("?") ? "&" : "?"}state=x` : null);
  });
});
