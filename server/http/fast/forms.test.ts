/** Drives all ways to answer over the same forms, and compares the responses. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { DatabaseUnavailable } from "../../../db/unavailable.ts";
import { ENGINES } from "../../../testing/engines.ts";
import { basic, useService } from "../../../testing/service.ts";
import { listenAllWays, send, type Ways } from "../../../testing/ways.ts";

const [engine = expect.unreachable()] = ENGINES;
const FORM = "application/x-www-form-urlencoded";
const LISTED = "https://app.example.com";
const PASSWORD = "correct horse battery";
const LOGIN = `grant_type=password&username=ada&password=${encodeURIComponent(PASSWORD)}`;

/** REFRESH, ACCESS and SECRET are replaced by real ones. */
type Form = [path: string, body: string, headers?: Record<string, string>];

const TAKEN: readonly Form[] = [
  ["/token", LOGIN],
  ["/token", `username=ada&password=${encodeURIComponent(PASSWORD)}`],
  ["/token", `&&${LOGIN}&username2=x&resource=a&resource=b`],
  ["/token", LOGIN, { origin: LISTED }],
  ["/token", LOGIN, { origin: "https://evil.example" }],
  ["/token", LOGIN, { "content-type": `${FORM};charset=UTF-8` }],
  ["/token", LOGIN, { "accept-encoding": "gzip" }],
  ["/token", `${LOGIN}&scope=me`],
  ["/token", `${LOGIN}&scope=nothing`],
  ["/token", `${LOGIN}&username=eve`],
  ["/token", `${LOGIN}&client_id=billing`],
  ["/token", `${LOGIN}&client_id=tegata`],
  ["/token", `${LOGIN}&client_secret=x`],
  ["/token", "username=ada&password=x"],
  ["/token", "username=ada&password="],
  ["/token", "username=%ff&password=x"],
  ["/token", ""],
  ["/token", "grant_type=refresh_token&refresh_token=REFRESH"],
  ["/token", "grant_type=refresh_token&refresh_token=REFRESH&scope=me", { origin: LISTED }],
  ["/token", "grant_type=refresh_token&refresh_token=REFRESH&scope=nothing"],
  ["/token", "grant_type=refresh_token&refresh_token=REFRESH&client_id=billing"],
  ["/token", "grant_type=refresh_token&refresh_token=x"],
  ["/token", "grant_type=refresh_token"],
  ["/token", "grant_type=authorization_code&code=x"],
  ["/token", `grant_type=authorization_code&code=x&code_verifier=${"v".repeat(43)}`],
  ["/token", "grant_type=authorization_code&code=x&code_verifier=short"],
  ["/token", "grant_type=authorization_code", { origin: LISTED }],
  ["/token", "grant_type=client_credentials"],
  ["/token", "grant_type=client_credentials", { authorization: "SECRET" }],
  ["/token", "grant_type=client_credentials&client_id=other", { authorization: "SECRET" }],
  ["/token", "grant_type=client_credentials", { authorization: "Basic eDp5" }],
  ["/token", "grant_type=__proto__"],
  ["/token/", LOGIN],
  ["/api/token", LOGIN],
  ["/api/token", "username=ada"],
  ["/api/token", `${LOGIN}&scope=nothing`],
  ["/api/token/", "username=ada&password=x", { origin: LISTED }],
  ["/introspect", "token=ACCESS", { authorization: "SECRET" }],
  ["/introspect", "token=x", { authorization: "SECRET" }],
  ["/introspect", "token=ACCESS"],
  ["/revoke", "token=x"],
  ["/revoke", ""],
];

const LEFT: readonly Form[] = [
  ["/token", LOGIN, { "content-type": "application/json" }],
  ["/token", LOGIN, { "content-type": `${FORM}; charset=latin1` }],
  ["/token", LOGIN, { "content-type": "multipart/form-data" }],
  ["/token", LOGIN, { "content-encoding": "gzip" }],
  ["/token", LOGIN, { "content-encoding": "identity" }],
  ["/token", `${LOGIN}&x=${"y".repeat(16 * 1024)}`],
  ["/token?x=1", LOGIN],
  ["/token?password=x", LOGIN],
  ["/TOKEN", LOGIN],
  ["/token//", LOGIN],
  ["/revoke/", "token=x"],
  ["/api/register", "email=a"],
];

/** What is made anew for each response. */
const NEW = new Set(["refresh_token", "exp", "iat", "jti", "sid"]);
function read(_: string, value: unknown): unknown {
  const [, claims] = typeof value === "string" && value.startsWith("ey") ? value.split(".") : [];
  return claims ? JSON.parse(Buffer.from(claims, "base64url").toString(), withoutNew) : value;
}
const withoutNew = (name: string, value: unknown) => (NEW.has(name) ? typeof value : value);

describe("forms that are answered without Express", () => {
  const service = useService(engine, { CORS_ORIGINS: LISTED, LOGIN_FAILURES_PER_ADDRESS: "1000" });
  const real: Record<string, string> = {};
  let ways: Ways;

  beforeAll(async () => {
    ways = await listenAllWays(service.tegata);
    const person = await service.person({ username: "ada", password: PASSWORD });
    const { access_token, refresh_token = "" } = await service.tokens(person);
    const { authorization } = basic("billing", await service.client("billing"));
    Object.assign(real, { ACCESS: access_token, REFRESH: refresh_token, SECRET: authorization });
  });
  afterAll(() => ways.close());

  const filled = (text: string) => text.replace(/REFRESH|ACCESS|SECRET/g, (it) => real[it] ?? "");

  async function ask(url: string, [path, body, more = {}]: Form) {
    const headers = Object.entries({ "content-type": FORM, ...more });
    const all = Object.fromEntries(headers.map(([name, value]) => [name, filled(value)]));
    const response = await send(url, "POST", path, all, filled(body));
    const json: unknown = JSON.parse(JSON.stringify(JSON.parse(response.body, read)), withoutNew);
    return { ...response, body: json };
  }

  /** Expects that all answer alike. @returns the response, and who has answered */
  async function compare(form: Form) {
    const before = { ...ways.seen };
    const theirs = await ask(ways.slow, form);
    expect(await ask(ways.fast, form)).toEqual(theirs);
    expect(await ask(ways.direct, form)).toEqual(theirs);
    const { left, direct } = ways.seen;
    return { ...theirs, left: left - before.left, direct: direct - before.direct };
  }

  test.each(TAKEN)("%s %s %j", async (...form) => {
    expect(await compare(form)).toMatchObject({ left: 0, direct: 1 });
  });

  test.each(LEFT)("%s is left to Express (%#)", async (...form) => {
    expect(await compare(form)).toMatchObject({ left: 1, direct: 0 });
  });

  test("a refresh token is exchanged, and gets the same child in all ways", async () => {
    const exchange = async (url: string) => {
      const body = `grant_type=refresh_token&refresh_token=${real["REFRESH"]}`;
      const response = await send(url, "POST", "/token", { "content-type": FORM }, body);
      return (JSON.parse(response.body) as { refresh_token: string }).refresh_token;
    };
    const child = await exchange(ways.slow);
    expect(child).toMatch(/./);
    expect(await exchange(ways.fast)).toBe(child);
    expect(await exchange(ways.direct)).toBe(child);
  });

  test.each(TAKEN.filter(([, body]) => body.startsWith(LOGIN) && !/client|scope|eve/.test(body)))(
    "%s %s %j while the password queue is full",
    async (...form) => {
      const busy = { is: "busy", retryAfterSeconds: 7 } as const;
      const enter = vi.spyOn(service.tegata.passwords, "enter").mockResolvedValue(busy);
      onTestFinished(() => enter.mockRestore());
      expect(await compare(form)).toMatchObject({ status: 503, left: 0, direct: 1 });
    },
  );

  test.each([
    ["down", new DatabaseUnavailable("down"), 503],
    ["broken", new Error("unexpected"), 500],
  ])("while the database is %s", async (_, error, status) => {
    const { db } = service.tegata;
    const spies = [db.refreshTokens, db.clients].map((it) =>
      vi.spyOn(it, "find").mockRejectedValue(error),
    );
    onTestFinished(() => spies.forEach((spy) => void spy.mockRestore()));
    const refresh: Form = ["/token", "grant_type=refresh_token&refresh_token=REFRESH"];
    expect(await compare(refresh)).toMatchObject({ status, left: 0, direct: 1 });
    const { length } = service.logged;
    await ask(ways.direct, refresh);
    expect(service.logged.slice(length).join("")).toContain('"a request failed"');
    expect(await compare(["/revoke", "token=x&client_id=y"])).toMatchObject({
      status,
      left: 0,
      direct: 1,
    });
  });
});
