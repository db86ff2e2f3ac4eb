/**
 * Drives the fast path, with and without Node's http server, and Express over the same requests on the same database, and
 * compares the responses.
 */
import { request } from "node:http";
import {
  createTRPCClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  splitLink,
  TRPCClientError,
  type TRPCLink,
} from "@trpc/client";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { DatabaseUnavailable } from "../../../db/unavailable.ts";
import { ENGINES } from "../../../testing/engines.ts";
import { basic, ISSUER, useService } from "../../../testing/service.ts";
import { type Headers, listenAllWays, send, type Ways } from "../../../testing/ways.ts";
import type { AppRouter } from "../trpc/router.ts";

const [engine = expect.unreachable()] = ENGINES;

const input = (value: unknown) => `input=${encodeURIComponent(JSON.stringify(value))}`;
const me = (n: number) => Array(n).fill("me").join(",");
const LISTED = "https://app.example.com";

const JSON_BODY = { "content-type": "application/json" };

/** Reads that the fast path takes. */
const TAKEN: readonly string[] = [
  "/trpc/me",
  "/trpc/isLoggedIn",
  "/trpc/sessions.list",
  "/trpc/items.list",
  "/trpc/me?",
  "/trpc/me?x=1&input=",
  `/trpc/me?${input({ surplus: 1 })}`,
  `/trpc/items.list?${input({ limit: 2 })}`,
  `/trpc/items.list?${input({ limit: 0 })}`,
  `/trpc/items.list?${input(null)}`,
  `/trpc/items.list?${input([])}`,
  `/trpc/items.list?${input("x")}`,
  "/trpc/me,isLoggedIn?batch=1",
  "/trpc/isLoggedIn,isLoggedIn?batch=1&input=",
  `/trpc/isLoggedIn,me,items.list?batch=1&${input({ 2: { limit: 1 }, 7: {} })}`,
  `/trpc/items.list,me?batch=1&${input({ 0: { limit: "x" } })}`,
  `/trpc/me?batch=1&${input({})}`,
  `/trpc/${me(100)}?batch=1`,
  "/api/users/me",
  "/api/users/me?x=1",
  "/api/is-logged-in",
  "/api/sessions",
  "/api/items",
  "/api/items?limit=100",
  "/api/items?limit=2&after=1&limit=3",
  "/api/items?limit=x",
  "/api/items?limit=0&__proto__=1",
  "/api/items?%",
  "/auth/verify",
  "/auth/verify?scope=me",
  "/auth/verify?scope=me%20orders:read",
  "/auth/verify?scope=%22",
];

/** Calls by POST that the fast path takes. */
const POSTED: readonly [path: string, body: string, headers?: Headers][] = [
  ["/trpc/me", "{}"],
  ["/trpc/me", ""],
  ["/trpc/me", "null"],
  ["/trpc/me?input=%7B", ' { "a" : [ "\u00c3\u00a9" ] } '],
  ["/trpc/me", "{}", { "content-type": "application/json; charset=UTF-8" }],
  ["/trpc/me?batch=1", "{}"],
  ["/trpc/me,isLoggedIn?batch=1", ""],
  ["/trpc/me,isLoggedIn,items.list?batch=1", '{"2":{"limit":1},"7":{}}'],
  [`/trpc/${me(100)}?batch=1`, "{}"],
  ["/trpc/items.list", '{"limit":100}'],
  ["/trpc/items.list", '{"limit":0}'],
  ["/trpc/items.list", "[]"],
  ["/trpc/items.add", '{"title":""}'],
  ["/trpc/items.add", '{"__proto__":{"title":"x"}}'],
  ["/trpc/items.add", "1"],
  ["/trpc/items.remove", '{"id":999999}'],
  ["/trpc/items.remove,items.remove?batch=1", '{"0":{"id":999999},"1":{"id":-1}}'],
  ["/trpc/items.remove,logout?batch=1", "{}", { authorization: "Bearer x.y.z" }],
  ["/trpc/sessions.revoke", '{"id":"nothing"}'],
  ["/trpc/register", '{"email":"ada@","password":"short"}'],
  ["/trpc/login.authorization.show", "{}"],
  ["/trpc/login.authorization.show", "{}", { origin: "https://evil.example" }],
];

/** Requests that it leaves to Express. */
const LEFT: readonly [path: string, method?: string, headers?: Headers, body?: string][] = [
  ["/trpc"],
  ["/trpc/"],
  ["/trpc/me/"],
  ["/trpc//me"],
  ["/trpc/x/me"],
  ["/trpc/m%65"],
  ["/trpc/ME"],
  ["/trpc/nothing"],
  ["/trpc/__proto__"],
  ["/trpc/constructor"],
  ["/trpc/me,nothing?batch=1"],
  ["/trpc/me,?batch=1"],
  ["/trpc/me,isLoggedIn"],
  ["/trpc/me,isLoggedIn?batch=2"],
  ["/trpc/me,isLoggedIn??batch=1"],
  ["/trpc/me,logout?batch=1"],
  ["/trpc/logout"],
  ["/trpc/register"],
  ["/trpc/items.list?input={"],
  ["/trpc/items.list?input=%ff"],
  ["/trpc/me,me?batch=1&input=[]"],
  ["/trpc/me,me?batch=1&input=1"],
  ["/trpc/me?connectionParams=%7B%7D"],
  [`/trpc/${me(101)}?batch=1`],
  ["/trpc/me?batch=1", "GET", { "trpc-accept": "application/jsonl" }],
  ["/trpc/me?batch=1", "GET", { accept: "text/html, application/jsonl" }],
  ["/trpc/me", "GET", { accept: "application/jsonl" }],
  ["/trpc/me", "GET", { accept: "text/event-stream" }],
  ["/trpc/me", "GET", { upgrade: "websocket" }],
  ["/trpc/me", "GET", { "content-type": "application/json" }],
  ["/trpc/me", "GET", { "content-type": "application/json; charset=latin1" }],
  ["/trpc/me", "GET", { "content-type": "text/plain", "content-length": "2" }, "{}"],
  ["/trpc/me", "HEAD"],
  ["/trpc/me", "POST"],
  ["/trpc/me", "POST", {}, "{}"],
  ["/trpc/me", "POST", { "content-type": "text/plain" }, "{}"],
  ["/trpc/me", "POST", { "content-type": "application/json; charset=latin1" }, "{}"],
  ["/trpc/me", "POST", { "content-type": "application/json;v=1" }, "{}"],
  ["/trpc/me", "POST", { ...JSON_BODY, "content-encoding": "gzip" }, "{}"],
  ["/trpc/me", "POST", { ...JSON_BODY, "transfer-encoding": "chunked" }, "{}"],
  ["/trpc/me", "POST", { ...JSON_BODY, "trpc-accept": "application/jsonl" }, "{}"],
  ["/trpc/me?batch=1", "POST", { ...JSON_BODY, accept: "application/jsonl" }, "{}"],
  ["/trpc/me", "POST", JSON_BODY, "{"],
  ["/trpc/items.list", "POST", JSON_BODY, "{"],
  ["/trpc/items.list", "POST", JSON_BODY, '"\xff"'],
  ["/trpc/items.list", "POST", JSON_BODY, `{"a":"${"x".repeat(16 * 1024)}"}`],
  ["/trpc/me,me?batch=1", "POST", JSON_BODY, "[]"],
  ["/trpc/me,logout?batch=1", "POST", JSON_BODY, "{}"],
  ["/trpc/me,nothing?batch=1", "POST", JSON_BODY, "{}"],
  ["/trpc/nothing", "POST", JSON_BODY, "{}"],
  ["/trpc/me?connectionParams=%7B%7D", "POST", JSON_BODY, "{}"],
  ["/trpc/me/", "POST", JSON_BODY, "{}"],
  ["/trpc/login.authorization.show", "POST", { ...JSON_BODY, origin: ISSUER }, "{}"],
  ["/api/register", "POST", JSON_BODY, "{}"],
  ["/trpc/me", "PUT"],
  ["/trpc/me", "OPTIONS"],
  ["/api/users/me", "HEAD"],
  ["/api/users/me", "POST"],
  ["/api/users/me", "OPTIONS", { "access-control-request-method": "GET" }],
  ["/api/users/me/"],
  ["/API/users/me"],
  ["/api/users/m%65"],
  ["//api/users/me"],
  ["/api/users/me", "GET", { "content-length": "2" }, "{}"],
  ["/api/logout"],
  ["/api/items/1"],
  ["/auth/verify", "POST"],
  ["/auth/verify", "HEAD"],
];

/** Every stock way to send a call. */
const LINKS: Record<string, (url: string, headers: Headers) => TRPCLink<AppRouter>> = {
  httpLink: (url, headers) => httpLink({ url, headers }),
  "httpLink with POST": (url, headers) => httpLink({ url, headers, methodOverride: "POST" }),
  httpBatchLink: (url, headers) => httpBatchLink({ url, headers }),
  "httpBatchLink with POST": (url, headers) =>
    httpBatchLink({ url, headers, methodOverride: "POST" }),
  httpBatchStreamLink: (url, headers) => httpBatchStreamLink({ url, headers }),
  splitLink: (url, headers) =>
    splitLink({
      condition: ({ path }) => path === "me",
      true: httpLink({ url, headers }),
      false: httpBatchLink({ url, headers }),
    }),
};

const ORIGINS: readonly Headers[] = [{}, { origin: LISTED }, { origin: "https://evil.example" }];
const CODINGS: readonly Headers[] = [
  { "accept-encoding": "gzip, deflate, br" },
  { "accept-encoding": "gzip;q=1, br;q=0" },
  { "accept-encoding": "identity" },
];

describe("the fast path", () => {
  const service = useService(engine, { TRUST_PROXY: "1", CORS_ORIGINS: LISTED });
  const callers: Record<string, Headers> = { nobody: {} };
  let ways: Ways;
  let direct: string;
  let fast: string;
  let slow: string;

  beforeAll(async () => {
    const { tegata } = service;
    ways = await listenAllWays(tegata);
    ({ direct, fast, slow } = ways);

    const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
    const person = await service.person({ username: "ada", fullName: "Ada \u{1F5DD} Lovelace" });
    const token = await service.login(person);
    for (let i = 0; i < 30; i += 1) await service.mutate("items.add", { title: `no ${i}` }, token);
    const login = { grant_type: "password", username: "ada", password: person.password };
    const narrow = service.issued(await service.token({ ...login, scope: "me" })).access_token;
    const secret = await service.client("billing");
    const own = service.issued(
      await service.token({ grant_type: "client_credentials" }, basic("billing", secret)),
    ).access_token;
    const off = await service.person();
    const disabled = await service.login(off);
    await tegata.db.users.setDisabled(off.id, true);
    const ended = await service.login(person);
    await service.mutate("logout", undefined, ended);
    Object.assign(callers, {
      user: bearer(token),
      "lower case": { authorization: `bearer   ${token}` },
      "a narrow scope": bearer(narrow),
      "a client": bearer(own),
      "a disabled user": bearer(disabled),
      "an ended session": bearer(ended),
      garbage: bearer("x.y.z"),
      forged: bearer(`${token.slice(0, -4)}AAAA`),
      "two words": bearer("a b"),
      "no token": { authorization: "Bearer " },
      basic: basic("billing", secret),
    });
  });
  afterAll(() => ways.close());

  /**
   * Expects that all three answer requests alike.
   * @returns how many of them were left to Express, and how many were answered without Node's http server
   */
  async function compare(...requests: [method: string, path: string, ...rest: Rest][]) {
    const before = { ...ways.seen };
    await Promise.all(
      requests.map(async (how) => {
        const ours = await send(fast, ...how);
        expect(ours, how.join(" ")).toEqual(await send(slow, ...how));
        expect(ours, how.join(" ")).toEqual(await send(direct, ...how));
      }),
    );
    const { seen } = ways;
    return { left: seen.left - before.left, direct: seen.direct - before.direct };
  }
  type Rest = [headers: Headers, body?: string | undefined];
  const byUser = (more: Headers): Headers => ({ ...callers["user"], ...more });

  test.each(TAKEN)("answers GET %s as Express does", async (path) => {
    const as = [...Object.values(callers), ...[...ORIGINS, ...CODINGS].map(byUser)];
    expect(
      await compare(...as.map((headers): ["GET", string, Headers] => ["GET", path, headers])),
    ).toEqual({ left: 0, direct: as.length });
  });

  test.each(POSTED)("answers POST %s %s as Express does", async (path, body, more = {}) => {
    const as = [...Object.values(callers), ...[...ORIGINS, ...CODINGS].map(byUser)];
    const requests = as.map((headers): ["POST", string, Headers, string] => [
      "POST",
      path,
      { ...JSON_BODY, ...headers, ...more },
      body,
    ]);
    // What has an effect on others, such as the count of a throttle, is not done at the same time.
    for (const request of requests) expect(await compare(request)).toEqual({ left: 0, direct: 1 });
  });

  test.each(LEFT)(
    "leaves %s %s %j to Express",
    async (path, method = "GET", headers = {}, body) => {
      expect(
        await compare([method, path, headers, body], [method, path, byUser(headers), body]),
      ).toEqual({ left: 2, direct: 0 });
    },
  );

  test("a request with two Authorization headers is refused alike", async () => {
    const all = [direct, fast, slow].map((url) => {
      const { authorization = "" } = callers["user"] ?? {};
      return new Promise((resolve, reject) => {
        const req = request(`${url}/trpc/me`, (res) => resolve(res.resume().statusCode));
        req.setHeader("authorization", [authorization, authorization]);
        req.once("error", reject).end();
      });
    });
    expect(await Promise.all(all)).toEqual([401, 401, 401]);
  });

  test.each([
    ["down", new DatabaseUnavailable("down")],
    ["broken", new Error("unexpected")],
  ])(
    "answers as Express does while the database is %s, and logs what is unexpected",
    async (_, error) => {
      const find = vi.spyOn(service.tegata.db.sessions, "findOwner").mockRejectedValue(error);
      onTestFinished(() => find.mockRestore());
      /** The lines that a request writes to the log. */
      const logOf = async (url: string, path: string) => {
        const { length } = service.logged;
        await send(url, "GET", path, byUser({}));
        const lines = service.logged.slice(length).map((line) => JSON.parse(line));
        const errors = lines.filter(({ err }) => err !== undefined);
        return errors.map(({ time: _, err, ...rest }) => ({ ...rest, type: err.type }));
      };
      for (const path of ["/trpc/me", "/trpc/me,me?batch=1", "/api/users/me", "/auth/verify"]) {
        expect(await compare(["GET", path, byUser({})])).toEqual({ left: 0, direct: 1 });
        const lines = await logOf(fast, path);
        expect(lines).toEqual(await logOf(slow, path));
        expect(lines).toEqual(await logOf(direct, path));
        expect(lines).not.toEqual([]);
      }
    },
  );

  test.each(["fast", "direct"] as const)(
    "leaves a read to Express if it finds no answer (%s)",
    async (way) => {
      const answered = await send(slow, "GET", "/api/users/me", byUser({}));
      const { left, direct } = ways.seen;
      const broken = vi.spyOn(JSON, "stringify").mockImplementationOnce(() => {
        throw new Error("unexpected");
      });
      onTestFinished(() => broken.mockRestore());
      expect(await send(ways[way], "GET", "/api/users/me", byUser({}))).toEqual(answered);
      expect(broken).toHaveBeenCalledTimes(2);
      const isDirect = way === "direct";
      // On the socket, Node gets the request, and here it has no fast path.
      expect(ways.seen).toEqual({
        left: left + (isDirect ? 0 : 1),
        direct: direct + (isDirect ? 1 : 0),
      });
    },
  );

  test("ends the connection, and logs it, if an answer cannot be written", async () => {
    const { accessTokens } = service.tegata;
    const [, token = ""] = byUser({})["authorization"]?.split(" ") ?? [];
    const verified = await accessTokens.verify(token);
    if (!verified) throw new Error("the token is not valid");
    const verify = vi
      .spyOn(accessTokens, "verify")
      .mockResolvedValue({ ...verified, scope: "me \u{1F5DD}" });
    onTestFinished(() => verify.mockRestore());
    await expect(send(fast, "GET", "/auth/verify", byUser({}))).rejects.toThrow("hang up");
    expect(service.logged.join("")).toContain("a response could not be written");
  });

  describe.each(Object.entries(LINKS))("%s", (_, linkTo) => {
    const clientOf = (url: string) =>
      createTRPCClient<AppRouter>({ links: [linkTo(`${url}/trpc`, byUser({}))] });
    const settle = (calls: Promise<unknown>[]) =>
      Promise.all(
        calls.map((call) =>
          call.catch((error) => {
            if (!(error instanceof TRPCClientError)) throw error;
            return { message: error.message, shape: error.shape };
          }),
        ),
      );

    test("brings the same results and errors to its client", async () => {
      const ask = (url: string) => {
        const { me, isLoggedIn, items, sessions } = clientOf(url);
        return settle([
          me.query(),
          isLoggedIn.query(),
          items.list.query({ limit: 3 }),
          items.list.query({ limit: 0 }),
          sessions.list.query(),
          items.remove.mutate({ id: 999_999 }),
          items.remove.mutate({ id: -1 }),
        ]);
      };
      const theirs = await ask(slow);
      expect(await ask(fast)).toEqual(theirs);
      expect(await ask(direct)).toEqual(theirs);
    });
  });
});
