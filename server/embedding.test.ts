import { statSync } from "node:fs";
import { TRPCError } from "@trpc/server";
import cors from "cors";
import express, { type RequestHandler } from "express";
import helmet from "helmet";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type Application, askForTokens, embed, register } from "../testing/embedding.ts";
import { ENGINES } from "../testing/engines.ts";
import { holdPasswords } from "../testing/held-passwords.ts";
import { PASSWORD } from "../testing/service.ts";
import { anyone, Refusal, router, type TegataOptions } from "./index.ts";

const [engine = expect.unreachable()] = ENGINES;
const JSON_TYPE = { "content-type": "application/json" };
const SECRET = "a text that nobody may see";
const boom = () => {
  throw new Error(SECRET);
};
const own = router({
  query: anyone.query(boom),
  mutation: anyone.mutation(boom),
  rest: anyone
    .meta({ rest: "GET /api/rest" })
    .output(z.object({}).meta({ example: {} }))
    .query(boom),
  restPost: anyone
    .meta({ rest: "POST /api/rest" })
    .output(z.object({}).meta({ example: {} }))
    .mutation(boom),
  refused: anyone.query(() => {
    throw new Refusal("too_many_items");
  }),
  // Neither is what the caller sent.
  badOutput: anyone
    .meta({ rest: "GET /api/bad-output" })
    .output(z.object({ secretColumn: z.int() }).meta({ example: { secretColumn: 1 } }))
    .query(() => JSON.parse('{ "secretColumn": "x" }')),
  badRow: anyone.mutation(() => z.object({ secretColumn: z.string() }).parse({})),
  forbidden: anyone
    .meta({ rest: "GET /api/forbidden" })
    .output(z.object({}).meta({ example: {} }))
    .query(() => {
      throw new TRPCError({ code: "FORBIDDEN", message: SECRET });
    }),
  missing: anyone
    .meta({ rest: "GET /api/missing" })
    .output(z.object({}).meta({ example: {} }))
    .query(() => {
      throw new TRPCError({ code: "NOT_FOUND", message: SECRET });
    }),
});
const started: Application[] = [];
afterAll(async () => {
  for (const application of started) await application.close();
});

/** Starts an Express application with these middlewares before Tegata, which is at `/auth`. */
async function start(before: readonly RequestHandler[] = [], options: TegataOptions = {}) {
  const application = await embed(
    { ...options, settings: { DATABASE_URL: await engine.emptyDatabase(), ...options.settings } },
    ({ handler }) => {
      const app = express();
      for (const middleware of before) app.use(middleware);
      app.use("/auth", handler);
      app.get("/.well-known/oauth-authorization-server/auth", handler);
      return app;
    },
  );
  started.push(application);
  return application;
}
const post = (url: string, body: string | URLSearchParams, headers: Record<string, string> = {}) =>
  fetch(url, { method: "POST", body, headers });
const ACCOUNT = JSON.stringify({ email: "ada@example.com", password: PASSWORD });

describe("a procedure that throws what nobody expects", () => {
  let app: Application;
  beforeAll(async () => {
    app = await start([], { router: own });
  });

  test.each([
    ["GET", "/trpc/query", '"code":"INTERNAL_SERVER_ERROR"'],
    ["GET", "/trpc/query,isLoggedIn?batch=1", '"code":"INTERNAL_SERVER_ERROR"'],
    ["POST", "/trpc/mutation", '"code":"INTERNAL_SERVER_ERROR"'],
    ["GET", "/api/rest", '"title":"Internal Server Error"'],
    ["POST", "/api/rest", '"title":"Internal Server Error"'],
  ])(
    "is logged with the id of the request, but its text is not sent: %s %s",
    async (method, path, text) => {
      const requestId = `id-${method}-${path.replace(/\W/g, "")}`;
      const response = await fetch(`${app.url}/auth${path}`, {
        method,
        headers: { "x-request-id": requestId, ...(method === "POST" && JSON_TYPE) },
      });
      const answer = await response.text();
      expect(response.status).toBe(path.includes("batch") ? 207 : 500);
      expect(answer).toContain(text);
      expect(answer).not.toContain(SECRET);
      const error = () =>
        app
          .log()
          .split("\n")
          .find((line) => line.includes(`"${requestId}"`) && line.includes('"level":50'));
      await expect.poll(error).toBeDefined();
      expect(JSON.parse(error() ?? "{}")).toMatchObject({
        requestId,
        err: { stack: expect.stringContaining("embedding.test.ts") },
      });
    },
  );

  test("is not what a refusal is", async () => {
    const response = await fetch(`${app.url}/auth/trpc/refused`);
    expect(response.status).toBe(409);
    expect(await response.text()).toContain('"reason":"too_many_items"');
    expect(app.log()).not.toMatch(/"level":50.*"path":"refused"/);
  });

  test.each([
    ["GET", "/trpc/badOutput", "internal"],
    ["GET", "/trpc/badOutput,isLoggedIn?batch=1", "internal"],
    ["POST", "/trpc/badRow", "internal"],
    ["GET", "/api/bad-output", undefined],
  ])("is not an invalid input if a parser throws it: %s %s", async (method, path, reason) => {
    const init = { method, ...(method === "POST" && { headers: JSON_TYPE }) };
    const answer = await (await fetch(`${app.url}/auth${path}`, init)).text();
    expect(answer).not.toContain("secretColumn");
    expect(answer).toMatch(/"(httpS|s)tatus":500/);
    expect(/"reason":"(\w+)"/.exec(answer)?.[1]).toBe(reason);
  });

  test.each([
    ["/trpc/forbidden", 403, "bad_request"],
    ["/trpc/missing", 404, "bad_request"],
    ["/api/forbidden", 403, "bad_request"],
    ["/api/missing", 404, "bad_request"],
    ["/trpc/nothing", 404, "no_such_procedure"],
  ])("has the status of its code: %s is %i", async (path, status, reason) => {
    // Without and with the stock adapter of tRPC.
    for (const headers of [{}, JSON_TYPE]) {
      const response = await fetch(`${app.url}/auth${path}`, { headers });
      const answer = await response.text();
      expect(response.status).toBe(status);
      expect(answer).toContain(`"reason":"${reason}"`);
      expect(answer).not.toContain(SECRET);
    }
  });
});

test.each([
  ["true", "Hello"],
  ["false", { own: true }],
])(
  "with FASTAPI_PATHS=%s, every method and the document agree on who has a path",
  async (FASTAPI_PATHS, answer) => {
    const hello = anyone
      .meta({ rest: "GET /api/hello" })
      .output(z.object({ own: z.boolean() }).meta({ example: { own: true } }))
      .query(() => ({ own: true }));
    const app = await start([], { router: router({ hello }), settings: { FASTAPI_PATHS } });
    const at = (path: string, init: RequestInit = {}) => fetch(`${app.url}/auth${path}`, init);
    const got = await at("/api/hello");
    expect(await got.json()).toEqual(answer);
    const { headers } = await at("/api/hello", { method: "HEAD" });
    expect(headers.get("content-type")).toBe(got.headers.get("content-type"));
    expect(await (await at("/openapi.json")).json()).toMatchObject({
      paths: {
        "/api/hello": {
          get: {
            responses: {
              200: {
                content: { "application/json": { example: answer } },
              },
            },
          },
        },
      },
    });
  },
);

describe("a middleware that reads bodies before Tegata", () => {
  const drain: RequestHandler = (req, _res, next) => void req.resume().once("end", () => next());
  const FORM = new URLSearchParams({ grant_type: "password", username: "a", password: "b" });

  test.each<[string, RequestHandler, number, number]>([
    ["json", express.json(), 500, 400],
    ["urlencoded", express.urlencoded({ extended: true }), 200, 500],
    ["text", express.text({ type: "*/*" }), 500, 500],
    ["one that throws the body away", drain, 500, 500],
    ["raw, which leaves the bytes", express.raw({ type: "*/*" }), 200, 400],
  ])("%s: a body is read or refused with a line in the log", async (_, parser, json, form) => {
    const app = await start([parser]);
    expect((await fetch(`${app.url}/auth/healthz`)).status).toBe(200);
    expect((await post(`${app.url}/auth/trpc/register`, ACCOUNT, JSON_TYPE)).status).toBe(json);
    expect((await post(`${app.url}/auth/token`, FORM)).status).toBe(form);
    if (json === 500 || form === 500)
      await expect.poll(app.log).toContain("mount the handler of Tegata before it");
    expect(app.log()).not.toContain(PASSWORD);
  });

  test("does not make a login wait for ever while the queue is full", async () => {
    const settings = { BCRYPT_COST: "12" };
    const app = await start([express.urlencoded({ extended: false })], { settings });
    // By then the workers have shown how fast they are.
    await register(`${app.url}/auth`, "ada@example.com");
    const { held, release } = holdPasswords();
    const gone = new AbortController();
    const others: Promise<unknown>[] = [];
    let isFull = false;
    while (!isFull) {
      const body = JSON.stringify({ email: `${others.length}@example.com`, password: PASSWORD });
      const { signal } = gone;
      const init = { method: "POST", headers: JSON_TYPE, body, signal };
      const answered = fetch(`${app.url}/auth/trpc/register`, init).then(({ status }) => {
        isFull = status === 503;
      });
      others.push(answered.catch(() => undefined));
      await new Promise((next) => setTimeout(next, 10));
    }
    expect((await post(`${app.url}/auth/token`, FORM)).status).toBe(500);
    gone.abort();
    release();
    await Promise.all(others);
    held.mockRestore();
  });
});

describe("under a path of Express", () => {
  let app: Application;
  const go = (path: string, init: RequestInit = {}) =>
    fetch(app.url + path, { redirect: "manual", ...init });
  beforeAll(async () => {
    app = await start([], { settings: { ISSUER: "https://app.example.com/auth" } });
  });

  test.each([
    ["/auth", "/auth/"],
    ["/auth?a=/b?c", "/auth/?a=/b?c"],
    ["/AUTH", "/AUTH/"],
  ])("%s is redirected to %s", async (from, to) => {
    const response = await go(from);
    expect(response.status).toBe(302);
    expect(new URL(String(response.headers.get("location")), app.url + from).href).toBe(
      app.url + to,
    );
  });

  test.each([
    ["GET", "/auth/", [200, 500]],
    ["GET", "/auth/?x", [200, 500]],
    ["POST", "/auth", [405]],
    ["GET", "/auth/healthz", [200]],
    ["GET", "/auth/nothing", [404]],
  ])("%s %s is not", async (method, path, statuses) => {
    // 500 where the pages have not been built.
    expect(statuses).toContain((await go(path, { method })).status);
  });

  test("the metadata is where clients look for it (RFC 8414 section 3.1)", async () => {
    for (const path of [
      "/.well-known/oauth-authorization-server/auth",
      "/auth/.well-known/openid-configuration",
    ])
      expect(await (await go(path)).json(), path).toMatchObject({
        issuer: "https://app.example.com/auth",
        token_endpoint: "https://app.example.com/auth/token",
      });
  });
});

test("the headers that an application sets before are kept, unless Tegata sets its own", async () => {
  const origin = "https://page.example.com";
  const policy = { directives: { defaultSrc: ["https:"] } };
  const app = await start([
    helmet({ contentSecurityPolicy: policy, frameguard: { action: "sameorigin" } }),
    cors({ origin: [origin], credentials: true, exposedHeaders: ["X-Request-Id"] }),
  ]);
  for (const path of ["/healthz", "/trpc/isLoggedIn", "/api/is-logged-in", "/token", "/nothing"]) {
    const { headers } = await fetch(`${app.url}/auth${path}`, { headers: { origin } });
    expect(headers.get("access-control-allow-origin"), path).toBe(origin);
    expect(headers.get("access-control-expose-headers"), path).toBe("X-Request-Id");
    expect(headers.get("content-security-policy"), path).toContain("frame-ancestors 'none'");
    expect(headers.get("x-frame-options"), path).toBe("DENY");
    expect(headers.get("vary"), path).toContain("Origin");
  }
  const asked = { origin, "access-control-request-method": "POST" };
  const preflight = await fetch(`${app.url}/auth/trpc/me`, { method: "OPTIONS", headers: asked });
  expect(preflight.status).toBe(204);
});

test("two of them in one process know nothing of each other", async () => {
  const scopes = { "notes:read": "Read your notes" };
  const [one, two] = [
    await start([], {
      scopes,
      settings: { SECRET_KEY: "one secret that is not the other one: 4711" },
    }),
    await start([], { settings: { SECRET_KEY: "another secret than the first of these: 42" } }),
  ];
  const account = await register(`${one.url}/auth`, "ada@example.com");
  const form = { grant_type: "password", username: account.email, password: account.password };
  const { json } = await askForTokens(`${one.url}/auth`, form);
  expect(json["scope"]).toContain("notes:read");
  expect(await askForTokens(`${two.url}/auth`, form)).toMatchObject({ status: 400 });
  const headers = { authorization: `Bearer ${json["access_token"]}` };
  for (const [{ url }, status] of [
    [one, 200],
    [two, 401],
  ] as const)
    expect((await fetch(`${url}/auth/trpc/me`, { headers })).status).toBe(status);
  await one.close();
  await register(`${two.url}/auth`, "ada@example.com");
});

test("the second close() waits for the same as the first", async () => {
  const { tegata } = await start();
  const closed: Promise<void> = tegata.close();
  expect(tegata.close()).toBe(closed);
  await closed;
  await tegata.close();
});

test.each([
  ["without ISSUER", {}],
  ["without ISSUER, behind a proxy", { TRUST_PROXY: "1" }],
])("production does not start %s", async (_, settings) => {
  const production = { NODE_ENV: "production", BCRYPT_COST: "10" };
  const refused = start([], { settings: { ...production, ...settings } });
  await expect(refused).rejects.toThrow(
    /^Fix these settings of Tegata:\n {2}ISSUER: must be set in production[^\n]*$/,
  );
});

test("a procedure that declares something wrong fails the start, which leaves nothing open", async () => {
  // What is in REST needs an output.
  const wrong = anyone.meta({ rest: "GET /api/x" }).query(() => "");
  const DATABASE_URL = await engine.emptyDatabase();
  const options = { settings: { DATABASE_URL }, router: router({ wrong }) };
  await expect(start([], options)).rejects.toThrow(/"output"/);
  // It is empty when the last connection has been closed.
  expect(statSync(`${DATABASE_URL.slice("file:".length)}-wal`).size).toBe(0);
});
