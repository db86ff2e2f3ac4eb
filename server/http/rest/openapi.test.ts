import { gzipSync } from "node:zlib";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { decodeJwt } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { DatabaseUnavailable } from "../../../db/unavailable.ts";
import { ENGINES } from "../../../testing/engines.ts";
import { basic, PASSWORD, useService } from "../../../testing/service.ts";
import { fingerprintOf } from "../../accounts/password-reset.ts";

interface Media {
  schema: { $ref?: string };
  example?: unknown;
}
interface Operation {
  operationId: string;
  tags: string[];
  security: Record<string, string[]>[];
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, Response>;
}
interface Response {
  description: string;
  headers?: Record<string, object>;
  content: Record<string, Media>;
}
type Document = {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; responses: Record<string, Response> };
  tags: { name: string; description: string }[];
  servers: { url: string }[];
};
type Operations = [name: string, method: string, path: string, operation: Operation][];

/** What to send instead of the documented example, if the example cannot succeed twice or names another user. */
const SAMPLES: Record<string, () => object> = {
  "POST /api/register": () => ({
    email: `a${Math.random()}@example.com`.replace("0.", ""),
    password: PASSWORD,
  }),
  "PUT /api/users/me/password": () => ({ currentPassword: PASSWORD, newPassword: PASSWORD }),
  "POST /token": () => ({ grant_type: "password", username: "ada", password: PASSWORD }),
  "POST /introspect": () => ({ token: "x", client_id: "api" }),
  "POST /api/token": () => ({ username: "ada", password: PASSWORD }),
};

/** The queries of a table while the database is not available. */
const UNREACHABLE = new Proxy(
  {},
  {
    get: () => () => {
      throw new DatabaseUnavailable("stopped by the test");
    },
  },
);

/** The throttle has its counters in the database. */
const UNREACHABLE_THROTTLE = {
  mail: async () => {
    throw new DatabaseUnavailable("stopped by the test");
  },
};

describe.each(["true", "false"])("the OpenAPI document, with FASTAPI_PATHS=%s", (fastapi) => {
  const service = useService(ENGINES[0] ?? expect.unreachable(), { FASTAPI_PATHS: fastapi });
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  let document: Document;
  let secret: string;
  let person: { id: number; email: string; password: string };
  let passwords: Pick<typeof service.tegata.passwords, "hash" | "verify">;
  let queries: typeof service.tegata.db;
  let throttle: typeof service.tegata.throttle;
  let open: typeof service.tegata.tickets.open;
  let settings: typeof service.tegata.settings;
  let hasAtLeast: typeof service.tegata.db.items.hasAtLeast;
  beforeAll(async () => {
    person = await service.person({ username: "ada" });
    secret = await service.client("api", { scopes: "me" });
    document = (await service.request("GET", "/openapi.json")).json as Document;
    ajv.addSchema({ $id: "document", components: document.components });
    hasAtLeast = service.tegata.db.items.hasAtLeast;
    passwords = { hash: service.tegata.passwords.hash, verify: service.tegata.passwords.verify };
    queries = { ...service.tegata.db };
    throttle = { ...service.tegata.throttle };
    open = service.tegata.tickets.open;
    settings = service.tegata.settings;
  });
  const restore = async () => {
    Object.assign(service.tegata, { settings });
    Object.assign(service.tegata.passwords, passwords);
    Object.assign(service.tegata.db, queries);
    Object.assign(service.tegata.throttle, throttle);
    Object.assign(service.tegata.tickets, { open });
    Object.assign(service.tegata.mail, { isAvailable: true });
    Object.assign(service.tegata.db.items, { hasAtLeast });
    await service.tegata.db.users.setDisabled(person.id, false);
  };
  const operations = (): Operations =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): Operations[number] => [
        `${method.toUpperCase()} ${path}`,
        method.toUpperCase(),
        path,
        { ...operation, responses: resolved(operation.responses) },
      ]),
    );
  const resolved = (responses: Operation["responses"]) =>
    Object.fromEntries(
      Object.entries(responses).map(([status, response]) => {
        const name = "$ref" in response ? String(response.$ref).split("/").at(-1) : undefined;
        return [status, (name && document.components.responses[name]) || response];
      }),
    );

  test("is valid OpenAPI 3.1", async () => {
    const result = await new Validator().validate(
      structuredClone(document) as Record<string, unknown>,
    );
    expect(result).toEqual({ valid: true });
    expect(document).toMatchObject({ openapi: "3.1.1", servers: [{ url: "." }] });
  });

  test("names the endpoints for logging in and for refreshing", () => {
    const password = {
      tokenUrl: "token",
      refreshUrl: "token",
      scopes: { me: expect.any(String), items: expect.any(String) },
    };
    const text = expect.any(String);
    const scopes = { ...password.scopes, openid: text, profile: text, email: text };
    const authorizationCode = { authorizationUrl: "authorize", ...password, scopes };
    const flows = { authorizationCode, password };
    expect(document.components).toMatchObject({
      securitySchemes: { user: { type: "oauth2", flows } },
    });
  });

  test("has unique operation ids", () => {
    const ids = operations().map(([, , , { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThan(10);
  });

  test("lists Tegata's own operations first, grouped by noun, and those of the FastAPI systems last", () => {
    const FASTAPI = "FastAPI compatibility";
    const order = document.tags.map(({ name }) => name);
    expect(order.slice(0, 3)).toEqual(["Accounts", "Sessions", "Items"]);
    const last = fastapi === "true" ? ["OAuth 2", FASTAPI] : ["OAuth 2"];
    expect(order.slice(-last.length)).toEqual(last);
    const tags = operations().map(([, , , operation]) => operation.tags);
    for (const tag of tags) expect(tag).toEqual([expect.stringMatching(/^[A-Z]/)]);
    const names = tags.flat();
    expect(new Set(names)).toEqual(new Set(document.tags.map(({ name }) => name)));
    const first = names.indexOf(FASTAPI);
    if (fastapi === "true") expect(new Set(names.slice(first))).toEqual(new Set([FASTAPI]));
    else expect(first).toBe(-1);
  });

  test("has shared schemas, and lists every reason as an enum", () => {
    const { schemas } = document.components;
    expect(Object.keys(schemas)).toEqual(
      expect.arrayContaining(["Me", "Session", "Item", "Problem", "TokenResponse"]),
    );
    expect(schemas["Problem"]).toMatchObject({
      properties: {
        reason: { enum: expect.arrayContaining(["email_taken", "invalid_token", "busy"]) },
        fields: { additionalProperties: { $ref: "#/components/schemas/FieldError" } },
      },
    });
    expect(schemas["OAuthError"]).toMatchObject({
      properties: { reason: { const: "email_unverified" } },
    });
    for (const [name, , , { responses }] of operations())
      for (const [status, { content }] of Object.entries(responses))
        if (content["application/problem+json"])
          expect(content["application/problem+json"].schema, `${name} ${status}`).toEqual({
            $ref: "#/components/schemas/Problem",
          });
  });

  test("has a valid example for every request body and response", () => {
    for (const [name, , , { requestBody, responses }] of operations()) {
      const all = [requestBody, ...Object.values(responses)].filter((one) => one !== undefined);
      for (const { content } of all)
        for (const { schema, example } of Object.values(content)) {
          expect(example, name).not.toBeUndefined();
          const valid = ajv.compile(localized(schema));
          expect(valid(example), `${name}: ${ajv.errorsText(valid.errors)}`).toBe(true);
        }
    }
  });

  test("allows additional members in responses, but not in inputs", () => {
    const closed = (value: unknown) =>
      JSON.stringify(value).includes('"additionalProperties":false');
    for (const [name, , , { responses }] of operations())
      expect(closed(responses), name).toBe(false);
    const { schemas } = document.components;
    for (const name of ["Me", "Items", "Problem", "TokenResponse"])
      expect(closed(schemas[name]), name).toBe(false);
    expect(closed(schemas["NewItem"])).toBe(true);
  });

  const localized = (schema: object): object =>
    JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"document#/components'));

  /** From now on, every link is one of this person, and what it does changes nothing. */
  async function openLinks(status: string) {
    const user = (await queries.users.find(person.id)) ?? expect.unreachable();
    const { id: userId, email, emailChangedAtMs: changedBeforeAtMs } = user;
    const change = { from: email, to: "ada@example.org", changedAtMs: 1, changedBeforeAtMs };
    const link = { userId, email, fingerprint: fingerprintOf(user), ...change };
    const isDone = async () => true;
    const updated = async () => ({ is: status === "409" ? "taken" : "updated" });
    const links = { verifyEmail: isDone, resetPassword: isDone, remove: isDone };
    const changes = { changeEmail: updated, takeBackEmail: updated };
    Object.assign(service.tegata.tickets, { open: () => link });
    Object.assign(service.tegata.db, { users: { ...queries.users, ...links, ...changes } });
  }

  /** A token of the same session, as a client gets it at the authorization endpoint. */
  async function withOpenid(accessToken: string): Promise<string> {
    const { accessTokens } = service.tegata;
    const { sub = "", client_id, sid } = decodeJwt<{ client_id: string; sid: string }>(accessToken);
    const content = { subject: sub, clientId: client_id, sessionId: sid, scope: "openid email" };
    return service.secret((await accessTokens.sign(content, 9e15)).token);
  }

  /** Sends a request that must get the given status. */
  async function ask([name, method, path, operation]: Operations[number], status: string) {
    const [[type, media] = []] = Object.entries(operation.requestBody?.content ?? {});
    const isForm = type === "application/x-www-form-urlencoded";
    const needsUser = operation.security.some((way) => "user" in way);
    const needsClient = name === "POST /introspect";
    const write = (value: object) =>
      isForm
        ? new URLSearchParams(value as Record<string, string>).toString()
        : JSON.stringify(value);
    let sample = SAMPLES[name]?.() ?? (media?.example as object | undefined) ?? {};
    let token = needsUser ? await service.login(person) : undefined;
    if (token !== undefined && path === "/userinfo") token = await withOpenid(token);
    let more: Record<string, string> = needsClient ? basic("api", secret) : {};
    let query = "";
    let id = path.startsWith("/api/apps/") ? "shop" : "1";
    const isLink = /^\/api\/(email|password)\/|\/delete$/.test(path);
    if (isLink && status !== "400") await openLinks(status);
    if (status === "404") Object.assign(service.tegata.mail, { isAvailable: false });
    if (
      status === "400" &&
      method === "GET" &&
      path.startsWith("/api/") &&
      fastapi === "true" &&
      !operation.responses["403"]
    )
      await service.tegata.db.users.setDisabled(person.id, true);
    else if (status === "400" && path.startsWith("/users/"))
      await service.tegata.db.users.setDisabled(person.id, true);
    else if (status === "400") {
      sample = {};
      query = "?limit=0";
      id = "x".repeat(101);
    }
    if (status === "401") {
      token = undefined;
      if (isForm) more = basic("api", "wrong");
      if (name === "POST /api/token") sample = { ...sample, password: "wrong password" };
    }
    if (status === "403") {
      const scope = operation.security[0]?.["user"]?.includes("me") ? "items" : "me";
      token = service.issued(
        await service.token({ username: "ada", password: PASSWORD, scope }),
      ).access_token;
    }
    if (status === "409" && path === "/api/items")
      Object.assign(service.tegata.db.items, { hasAtLeast: async () => true });
    else if (path === "/api/email/change" && status === "409")
      sample = { ...sample, newEmail: person.email };
    else if (path === "/api/register" && status === "403")
      Object.assign(service.tegata, {
        settings: { ...service.tegata.settings, registration: "closed" },
      });
    else if (path === "/api/register" && status === "409")
      sample = { ...sample, email: person.email };
    if (status === "422") sample = {};
    if (status === "429") {
      if (path === "/revoke" || path === "/introspect") more = basic("api", "wrong");
      const throttled = async () => ({ is: "throttled", retryAfterSeconds: 8 }) as const;
      const all = { guess: throttled, register: throttled, countWrong: throttled, mail: throttled };
      Object.assign(service.tegata.throttle, all);
    }
    if (status === "503") {
      const busy = async () => ({ is: "busy", retryAfterSeconds: 3 }) as const;
      Object.assign(service.tegata.passwords, { hash: busy, verify: busy });
      const isOutage = /^`unavailable`|^The database/.test(
        operation.responses[status]?.description ?? "",
      );
      if (isOutage) Object.assign(service.tegata.throttle, UNREACHABLE_THROTTLE);
      for (const table of isOutage ? Object.keys(queries) : [])
        Object.assign(service.tegata.db, { [table]: UNREACHABLE });
    }
    let body: string | Uint8Array = write(sample);
    if (status === "413") body = write({ x: "x".repeat(17_000) });
    if (status === "415") {
      body = gzipSync(body);
      more = { ...more, "content-encoding": "gzip" };
    }
    return service.request(method, path.replace(/\{\w+\}/, id) + query, {
      headers: {
        ...(type && { "content-type": type }),
        ...(token && { authorization: `Bearer ${token}` }),
        ...more,
      },
      ...(type && { body }),
    });
  }

  test("every documented response occurs and matches its schema", async () => {
    let checked = 0;
    for (const operation of operations())
      for (const [status, { headers = {}, content }] of Object.entries(operation[3].responses)) {
        const where = `${operation[0]} ${status}`;
        const answer = await ask(operation, status);
        await restore();
        expect(String(answer.status), `${where}: ${answer.text}`).toBe(status);
        const [[type = "", { schema }] = ["", { schema: {} }]] = Object.entries(content);
        expect(answer.headers.get("content-type")?.split(";")[0], where).toBe(type);
        for (const name of Object.keys(headers))
          expect(answer.headers.get(name), `${where} ${name}`).not.toBeNull();
        const valid = ajv.compile(localized(schema));
        expect(
          valid(answer.json),
          `${where}: ${ajv.errorsText(valid.errors)} in ${answer.text}`,
        ).toBe(true);
        checked += 1;
      }
    expect(checked).toBeGreaterThan(50);
  });

  test("every operation that needs the database lists an outage, most procedures as a shared response", () => {
    expect(Object.keys(document.components.responses)).toEqual(["Unavailable"]);
    for (const [name, , path, { tags, responses }] of operations()) {
      if (path === "/api/hello") continue;
      const isProcedure = !["OAuth 2", "FastAPI compatibility"].includes(tags[0] ?? "");
      const outage = isProcedure ? /(^|, )`unavailable`$/ : /the database is not available/i;
      expect(responses["503"]?.description, name).toMatch(outage);
    }
    expect(document.paths["/api/items"]?.["get"]?.responses["503"]).toEqual({
      $ref: "#/components/responses/Unavailable",
    });
  });

  test("every operation that reads a token, or registers, says so", () => {
    const optional = ["/api/is-logged-in", ...(fastapi === "true" ? ["/api/is_logined"] : [])];
    for (const path of optional)
      expect(document.paths[path]?.["get"]?.security, path).toEqual([{}, { user: [] }]);
    expect(document.paths["/api/register"]?.["post"]?.responses).toHaveProperty("403");
  });

  test("only operations that require a token return 401 without one", async () => {
    for (const [name, method, path, { security }] of operations()) {
      if (path === "/introspect") continue;
      const { status } = await service.request(method, path.replace(/\{\w+\}/, "1"));
      const isNeeded = security.length > 0 && security.every((way) => "user" in way);
      expect(status === 401, name).toBe(isNeeded);
    }
  });
});
