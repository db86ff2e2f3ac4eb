/**
 * Compares the responses of every endpoint to valid and invalid requests with `answers.recorded.txt`. A change that is
 * not meant to change a response must not change that file. To update it, run `npx vitest run answers -u`.
 */
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { basic, FULL_SCOPE, PASSWORD, useService } from "../../testing/service.ts";
import { GRANTS } from "./oauth/grants/index.ts";

const JSON_TYPE = { "content-type": "application/json" };
const FORM_TYPE = { "content-type": "application/x-www-form-urlencoded" };
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** Every path of the service, with a valid body if it takes one. */
const PATHS: readonly [path: string, method?: string, body?: object | string][] = [
  ["/"],
  ["/docs"],
  ["/openapi.json"],
  ["/healthz"],
  ["/readyz"],
  ["/token", "POST", `grant_type=password&username=ada&password=${PASSWORD}`],
  ["/revoke", "POST", "token=x"],
  ["/introspect", "POST", "token=x"],
  ["/userinfo"],
  ["/.well-known/oauth-authorization-server"],
  ["/.well-known/jwks.json"],
  ["/.well-known/openid-configuration"],
  ["/.well-known/change-password"],
  ["/auth/verify"],
  ["/trpc"],
  ["/trpc/me"],
  ["/trpc/isLoggedIn"],
  ["/trpc/register", "POST", { email: "ada@example.com", password: PASSWORD }],
  ["/trpc/changePassword", "POST", { currentPassword: PASSWORD, newPassword: PASSWORD }],
  ["/trpc/sessions.list"],
  ["/trpc/sessions.revoke", "POST", { id: "x" }],
  ["/trpc/events.list"],
  ["/trpc/items.list"],
  ["/trpc/items.add", "POST", { title: "A lantern" }],
  ["/trpc/items.remove", "POST", { id: 999 }],
  ["/api/register", "POST", { email: "ada@example.com", password: PASSWORD }],
  ["/api/users/me"],
  ["/api/users/me/password", "PUT", { currentPassword: PASSWORD, newPassword: PASSWORD }],
  ["/api/is-logged-in"],
  ["/api/logout"],
  ["/api/sessions"],
  ["/api/sessions/x"],
  ["/api/sessions/end-others"],
  ["/api/events"],
  ["/api/email/verify", "POST", { token: "x" }],
  ["/api/email/verify-with-password", "POST", { token: "x", password: PASSWORD }],
  ["/api/email/confirm-change", "POST", { token: "x" }],
  ["/api/email/take-back", "POST", { token: "x" }],
  ["/api/password/reset", "POST", { token: "x", newPassword: PASSWORD }],
  ["/api/items", "POST", { title: "A lantern" }],
  ["/api/items/999"],
  ["/users/me"],
  ["/users/me/items"],
  ["/static/index.html"],
  ["/api/hello"],
  ["/api/is_logined"],
  ["/api/user/me"],
  ["/api/token", "POST", `username=ada&password=${PASSWORD}`],
  ["/nothing/here"],
];

/** Invalid inputs for the procedures and the REST endpoints. */
const BAD_INPUTS: readonly [trpc: string, method: string, rest: string, inputs: unknown[]][] = [
  [
    "register",
    "POST",
    "/api/register",
    [
      null,
      [],
      "x",
      {},
      { email: 1, password: 2 },
      { email: "ada", password: PASSWORD },
      { email: "tàro@example.com", password: PASSWORD },
      { email: `${"x".repeat(255)}@example.com`, password: PASSWORD },
      { email: "ada@example.com", password: PASSWORD },
      { email: "b@example.com", password: "short" },
      { email: "b@example.com", password: "x".repeat(73) },
      { email: "b@example.com", password: "nul\0character" },
      { email: "b@example.com", password: "half \ud800 of a pair" },
      { email: "b@example.com", password: PASSWORD, username: "ada" },
      { email: "b@example.com", password: PASSWORD, username: "" },
      { email: "b@example.com", password: PASSWORD, username: "a@b" },
      { email: "b@example.com", password: PASSWORD, username: "a\u200bb" },
      { email: "b@example.com", password: PASSWORD, username: "p\u0430ypal" },
      { email: "b@example.com", password: PASSWORD, username: "…" },
      { email: "b@example.com", password: PASSWORD, username: "$" },
      { email: "b@example.com", password: PASSWORD, fullName: "a\tb" },
      { email: "b@example.com", password: PASSWORD, fullName: "x".repeat(201) },
      { email: "b@example.com", password: PASSWORD, admin: true },
    ],
  ],
  [
    "changePassword",
    "PUT",
    "/api/users/me/password",
    [
      {},
      { currentPassword: "not the password", newPassword: PASSWORD },
      { currentPassword: PASSWORD, newPassword: "short" },
    ],
  ],
  ["items.add", "POST", "/api/items", [{}, { title: "" }, { title: " " }, { title: 1 }]],
  ["items.remove", "DELETE", "/api/items/x", [{ id: "x" }, { id: 0 }, { id: 1.5 }, {}]],
  ["sessions.revoke", "DELETE", `/api/sessions/${"x".repeat(23)}`, [{ id: "x".repeat(23) }, {}]],
];

const FORMS: readonly string[] = [
  "",
  "grant_type=password",
  "grant_type=password&username=ada",
  "grant_type=password&username=ada&password=",
  "grant_type=password&username=ada&password=wrong%20password",
  `grant_type=password&username=nobody&password=${PASSWORD}`,
  `grant_type=password&username=ada&username=ada&password=${PASSWORD}`,
  `grant_type=password&username=ada&password=${PASSWORD}&scope=admin`,
  `grant_type=password&username=ada&password=${PASSWORD}&scope=me`,
  `username=ada&password=${PASSWORD}`,
  "username=ada&password=%ff",
  `username=off&password=${PASSWORD}`,
  "grant_type=magic",
  "grant_type=__proto__",
  "grant_type=client_credentials",
  "grant_type=refresh_token",
  "grant_type=refresh_token&refresh_token=x",
  "grant_type=refresh_token&refresh_token=x&client_id=nobody",
  "token=x&token_type_hint=refresh_token",
];

const SECURITY_HEADERS = new Set([
  "connection",
  "content-security-policy",
  "cross-origin-opener-policy",
  "cross-origin-resource-policy",
  "date",
  "etag",
  "keep-alive",
  "last-modified",
  "origin-agent-cluster",
  "referrer-policy",
  "strict-transport-security",
  "transfer-encoding",
  "x-content-type-options",
  "x-dns-prefetch-control",
  "x-download-options",
  "x-frame-options",
  "x-permitted-cross-domain-policies",
  "x-request-id",
  "x-xss-protection",
]);

const GRANT_NAMES = [...GRANTS.keys()];
const SCOPE_LIST = JSON.stringify(FULL_SCOPE.split(" "));

/** Masks what differs between runs, what a new scope or grant adds, and what other tests check. */
const mask = (text: string) =>
  text
    .replaceAll(FULL_SCOPE, "<every scope>")
    .replaceAll(SCOPE_LIST, '"<every scope>"')
    .replaceAll(GRANT_NAMES.join(" "), "<every grant>")
    .replaceAll(JSON.stringify(GRANT_NAMES), '"<every grant>"')
    .replace(/^<!doctype html>[\s\S]*/i, "<a page>")
    .replace(/^\{"openapi":[\s\S]*/, "<the OpenAPI document>")
    .replace(/\{"events":\[.*\],"next":(\d+|null)\}/, '"<events>"')
    .replace(/[\w-]{30,}\.[\w-]{60,}\.[\w-]{60,}/g, "<access token>")
    .replace(/"(refresh_token|jti|sid|x|y|n|kid)":"[\w.-]+"/g, '"$1":"<random>"')
    .replace(/"id":("[\w-]{22}"|\d+)/g, '"id":"<id>"')
    .replace(/"next":\d+/g, '"next":"<id>"')
    .replace(/\b1\d{9}(\d{3})?\b/g, "<time>")
    .replace(/"userAgent":"[^"]*"/g, '"userAgent":"<user agent>"');

const shorten = (text: string) =>
  text.length > 120 ? `${text.slice(0, 60)}… (${text.length} characters)` : text;

describe.each(ENGINES)("every response on $name", (engine) => {
  const service = useService(engine);
  const plain = useService(engine, {
    FASTAPI_PATHS: "false",
    REQUIRE_GRANT_TYPE: "true",
    CORS_ORIGINS: "https://app.example.com",
  });
  const answers: [asked: string, answer: string][] = [];
  const credentials: Record<string, Record<string, string>> = {};
  beforeAll(async () => {
    const ada = await service.person({ username: "ada" });
    await plain.person({ username: "ada" });
    const off = await service.person({ username: "off" });
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
    const me = { grant_type: "password", username: "ada", password: PASSWORD };
    credentials["a token"] = bearer(await service.login(ada));
    credentials["a token for me"] = bearer(
      service.issued(await service.token({ ...me, scope: "me" })).access_token,
    );
    credentials["a token for items"] = bearer(
      service.issued(await service.token({ ...me, scope: "items" })).access_token,
    );
    credentials["a disabled account"] = bearer(await service.login(off));
    await service.tegata.db.users.setDisabled(off.id, true);
    const secret = await service.client("billing", { scopes: "me orders:read" });
    await service.client("app", { public: true, grants: "password", scopes: "me" });
    credentials["a client"] = basic("billing", secret);
    const own = await service.token({ grant_type: "client_credentials" }, basic("billing", secret));
    credentials["a client's token"] = bearer(service.issued(own).access_token);
    credentials["a wrong client"] = basic("billing", "wrong");
    credentials["a broken token"] = bearer("x.y.z");
    credentials["two words"] = { authorization: "Bearer a b" };
    credentials["another scheme"] = { authorization: "Digest x" };
  });

  /** Sends a request and records the response. */
  async function record(
    method: string,
    path: string,
    { as = "", body, headers = {}, at = service }: Asked = {},
  ): Promise<void> {
    const type = typeof body === "object" && !(body instanceof Uint8Array) ? JSON_TYPE : FORM_TYPE;
    const text =
      body instanceof Uint8Array || typeof body === "string" ? body : JSON.stringify(body);
    const answer = await at.request(method, path, {
      ...(text !== undefined && { body: text }),
      headers: { ...(text !== undefined && type), ...headers, ...credentials[as] },
    });
    const sent = [
      method,
      shorten(path),
      as && `as ${as}`,
      Object.keys(headers).length > 0 && JSON.stringify(headers),
      text !== undefined &&
        (text instanceof Uint8Array ? "<bytes>" : shorten(JSON.stringify(text))),
    ];
    const masked = mask(answer.text);
    // How many events there are depends on the time that the test takes, and long lists are compressed.
    const isVague = (name: string) =>
      masked.includes("<events>") && ["content-encoding", "vary"].includes(name);
    const more = [...answer.headers]
      .filter(
        ([name]) => !SECURITY_HEADERS.has(name) && name !== "content-length" && !isVague(name),
      )
      .map(([name, value]) => `${name}: ${mask(value)}`);
    const answered = masked && `\n  ${masked}`;
    answers.push([
      sent.filter(Boolean).join(" "),
      `  ${answer.status} ${more.join("; ")}${answered}`,
    ]);
  }
  interface Asked {
    as?: string;
    body?: object | string;
    headers?: Record<string, string>;
    at?: typeof service;
  }
  const title = (text: string) => answers.push([`\n# ${text}\n`, ""]);
  /** Consecutive requests with the same response share it. */
  const write = () =>
    answers
      .map(([asked, answer], i) => (answer === answers[i + 1]?.[1] ? asked : `${asked}\n${answer}`))
      .join("\n");

  test("matches the recording", async () => {
    title("Every path by every method");
    for (const [path] of PATHS) for (const method of METHODS) await record(method, path);

    title("Paths in other spellings");
    for (const [path, method = "GET"] of PATHS)
      for (const other of [`${path}/`, path.toUpperCase(), `/${path}`, `${path}/x`, `${path}?x=1`])
        if (other !== path) await record(method, other);
    for (const path of ["/%", "/api/items/%ff", "/assets/", "/assets/none.js", "/static/", "/.env"])
      await record("GET", path);

    title("Every path with what it takes, by everyone");
    for (const [path, method = "GET", body] of PATHS)
      for (const as of Object.keys(credentials)) {
        // Requests that end sessions or change the password come last.
        if (/password|end-others|logout|changePassword/i.test(path)) continue;
        await record(method, path, { as, ...(body !== undefined && { body }) });
      }

    title("Inputs that are refused");
    for (const [procedure, method, path, inputs] of BAD_INPUTS) {
      for (const input of inputs) {
        const body = JSON.stringify(input);
        await record("POST", `/trpc/${procedure}`, { as: "a token", body, headers: JSON_TYPE });
        if (method === "DELETE") continue;
        await record(method, path, { as: "a token", body, headers: JSON_TYPE });
        if (path === "/api/register")
          await record(method, path, { body, headers: JSON_TYPE, at: plain });
      }
      if (method === "DELETE") await record(method, path, { as: "a token" });
    }
    for (const query of ["limit=0", "limit=101", "limit=x", "after=-1", "after=1.5", "other=1"]) {
      await record("GET", `/api/items?${query}`, { as: "a token" });
      const [[key = "", value] = []] = [...new URLSearchParams(query)];
      const input = encodeURIComponent(JSON.stringify({ [key]: Number(value) }));
      await record("GET", `/trpc/items.list?input=${input}`, { as: "a token" });
    }

    title("Forms");
    for (const form of FORMS) {
      for (const path of ["/token", "/revoke", "/introspect", "/api/token"])
        await record("POST", path, { body: form });
      await record("POST", "/token", { body: form, at: plain });
      await record("POST", "/token", { body: form, as: "a client" });
      await record("POST", "/introspect", { body: form, as: "a client" });
    }
    await record("POST", "/token?grant_type=password", { body: FORMS[9] ?? "" });
    await record("POST", "/token", {
      body: "client_id=app&grant_type=refresh_token&refresh_token=x",
    });
    await record("POST", "/token", {
      body: `client_id=app&grant_type=password&username=ada&password=${PASSWORD}`,
    });

    title("Bodies that are refused");
    const bodies: [headers: Record<string, string>, body: Uint8Array | string][] = [
      [JSON_TYPE, "{"],
      [JSON_TYPE, Buffer.from([0x22, 0xff, 0x22])],
      [{ "content-type": "application/json; charset=latin1" }, "{}"],
      [{ ...JSON_TYPE, "content-encoding": "gzip" }, gzipSync("{}")],
      [JSON_TYPE, JSON.stringify({ x: "x".repeat(17_000) })],
      [{ "content-type": "text/plain" }, "{}"],
      [{ ...FORM_TYPE, "content-encoding": "gzip" }, gzipSync("a=b")],
      [FORM_TYPE, `a=${"x".repeat(17_000)}`],
      [FORM_TYPE, Buffer.from([0x61, 0x3d, 0xff])],
      [{ "content-type": "application/x-www-form-urlencoded; charset=latin1" }, "a=b"],
    ];
    for (const [headers, body] of bodies)
      for (const [path, method = "GET"] of PATHS)
        if (method !== "GET") await record(method, path, { headers, body, as: "a token" });

    title("Batches");
    await record("GET", "/trpc/isLoggedIn,isLoggedIn?batch=1", { as: "a token" });
    await record("GET", "/trpc/isLoggedIn,me?batch=1");
    await record("GET", `/trpc/${Array(11).fill("isLoggedIn").join(",")}?batch=1`);
    await record("GET", "/trpc/me", { as: "a token", headers: { accept: "application/jsonl" } });

    title("Other origins");
    for (const origin of ["https://app.example.com", "https://evil.example.com"])
      for (const path of ["/trpc/me", "/token", "/api/users/me", "/users/me", "/healthz"]) {
        const headers = { origin, "access-control-request-method": "POST" };
        await record("OPTIONS", path, { headers, at: plain });
        await record("GET", path, { headers: { origin }, at: plain });
      }

    title("Too much at once, and what nobody expects");
    const { passwords, db } = service.tegata;
    const kept = {
      hash: passwords.hash,
      verify: passwords.verify,
      findOwner: db.sessions.findOwner,
    };
    const busy = async () => ({ is: "busy", retryAfterSeconds: 3 }) as const;
    const fail = async () => {
      throw new Error("unexpected");
    };
    for (const broken of [busy, fail]) {
      Object.assign(passwords, { hash: broken, verify: broken });
      if (broken === fail) Object.assign(db.sessions, { findOwner: fail });
      for (const [path, method = "GET", body] of PATHS)
        if (/token|register|assword|me$/.test(path))
          await record(method, path, { as: "a token", ...(body !== undefined && { body }) });
    }
    Object.assign(passwords, kept);
    Object.assign(db.sessions, kept);

    title("What ends sessions");
    const change = { currentPassword: PASSWORD, newPassword: PASSWORD };
    await record("PUT", "/api/users/me/password", { as: "a token", body: change });
    await record("POST", "/trpc/changePassword", { as: "a token", body: change });
    for (const path of ["/api/sessions/end-others", "/trpc/sessions.revokeOthers", "/api/logout"])
      await record("POST", path, { as: "a token" });
    await record("POST", "/trpc/logout", { as: "a token" });
    await record("GET", "/users/me", { as: "a token" });

    // The responses are the same on every engine.
    await expect(`${write().trim()}\n`).toMatchFileSnapshot("answers.recorded.txt");
  });
});
