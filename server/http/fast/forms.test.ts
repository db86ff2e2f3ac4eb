/** Drives the fast path for forms and Express over the same requests, and compares the responses. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { DatabaseUnavailable } from "../../../db/unavailable.ts";
import { ENGINES } from "../../../testing/engines.ts";
import { basic, useService } from "../../../testing/service.ts";
import { createExpress } from "../app.ts";
import { type Listening, listen } from "../edge/listen.ts";
import { appRouter } from "../trpc/router.ts";
import { fastPath } from "./fast.ts";

const [engine = expect.unreachable()] = ENGINES;
const FORM = "application/x-www-form-urlencoded";
const LISTED = "https://app.example.com";
const PASSWORD = "correct horse battery";
const LOGIN = `grant_type=password&username=ada&password=${encodeURIComponent(PASSWORD)}`;

/** REFRESH, USED, ACCESS and SECRET are replaced by real ones. */
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

/** What two equal responses may differ in: the time, the framing, and what is made anew for each. */
const INCIDENTAL = new Set(["date", "x-request-id", "content-length", "transfer-encoding"]);
const NEW = new Set(["refresh_token", "exp", "iat", "jti", "sid"]);
function read(_: string, value: unknown): unknown {
  const [, claims] = typeof value === "string" && value.startsWith("ey") ? value.split(".") : [];
  return claims ? JSON.parse(Buffer.from(claims, "base64url").toString(), withoutNew) : value;
}
const withoutNew = (name: string, value: unknown) => (NEW.has(name) ? typeof value : value);

describe("forms that are answered without Express", () => {
  const service = useService(engine, { CORS_ORIGINS: LISTED, LOGIN_FAILURES_PER_ADDRESS: "1000" });
  const servers: Listening[] = [];
  const real: Record<string, string> = {};
  /** How many requests were left to Express. */
  let left = 0;

  beforeAll(async () => {
    const express = createExpress(service.tegata);
    const fast = fastPath(service.tegata, appRouter, (req, res) => {
      left += 1;
      express(req, res);
    });
    for (const handler of [fast.serve, express])
      servers.push(await listen(handler, { host: "127.0.0.1", port: 0, keepAliveSeconds: 1 }));
    const person = await service.person({ username: "ada", password: PASSWORD });
    const { access_token, refresh_token = "" } = await service.tokens(person);
    const { authorization } = basic("billing", await service.client("billing"));
    Object.assign(real, { ACCESS: access_token, REFRESH: refresh_token, SECRET: authorization });
  });
  afterAll(() => Promise.all(servers.map((server) => server.close())));

  const filled = (text: string) => text.replace(/REFRESH|ACCESS|SECRET/g, (it) => real[it] ?? "");

  async function send(server: Listening | undefined, [path, body, more = {}]: Form) {
    const headers = Object.entries({ "content-type": FORM, ...more });
    const response = await fetch(`${server?.url}${path}`, {
      method: "POST",
      body: new TextEncoder().encode(filled(body)),
      headers: headers.map(([name, value]): [string, string] => [name, filled(value)]),
    });
    const kept = [...response.headers].filter(([name]) => !INCIDENTAL.has(name));
    const text = await response.text();
    const json: unknown = JSON.parse(JSON.stringify(JSON.parse(text, read)), withoutNew);
    return { status: response.status, headers: kept.toSorted(), json };
  }

  /** Expects that both answer alike. @returns the response, and how many requests were left to Express */
  async function compare(form: Form) {
    left = 0;
    const [ours, theirs] = [await send(servers[0], form), await send(servers[1], form)];
    expect(ours).toEqual(theirs);
    return { ...ours, left };
  }

  test.each(TAKEN)("%s %s %j", async (...form) => {
    expect(await compare(form)).toMatchObject({ left: 0 });
  });

  test.each(LEFT)("%s is left to Express (%#)", async (...form) => {
    expect(await compare(form)).toMatchObject({ left: 1 });
  });

  test("a refresh token is exchanged, and gets the same child from both", async () => {
    const exchange = async (server: Listening | undefined) => {
      const body = `grant_type=refresh_token&refresh_token=${real["REFRESH"]}`;
      const headers = { "content-type": FORM };
      const response = await fetch(`${server?.url}/token`, { method: "POST", headers, body });
      return ((await response.json()) as { refresh_token: string }).refresh_token;
    };
    expect(await exchange(servers[0])).toMatch(/./);
    expect(await exchange(servers[0])).toBe(await exchange(servers[1]));
  });

  test.each(TAKEN.filter(([, body]) => body.startsWith(LOGIN) && !/client|scope|eve/.test(body)))(
    "%s %s %j while the password queue is full",
    async (...form) => {
      const busy = { is: "busy", retryAfterSeconds: 7 } as const;
      const enter = vi.spyOn(service.tegata.passwords, "enter").mockResolvedValue(busy);
      onTestFinished(() => enter.mockRestore());
      expect(await compare(form)).toMatchObject({ status: 503, left: 0 });
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
    expect(await compare(refresh)).toMatchObject({ status, left: 0 });
    const { length } = service.logged;
    await send(servers[0], refresh);
    expect(service.logged.slice(length).join("")).toContain('"a request failed"');
    expect(await compare(["/revoke", "token=x&client_id=y"])).toMatchObject({ status, left: 0 });
  });
});
