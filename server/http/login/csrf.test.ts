/** Who can act with the cookie of a browser: the pages of this service, by the procedures of the log-in page alone. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { AnyTRPCProcedure, AnyTRPCRouter } from "@trpc/server";
import { beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { ISSUER, PASSWORD, type Service, useService } from "../../../testing/service.ts";
import { Visitor } from "../../../testing/visitor.ts";
import { appRouter } from "../trpc/router.ts";

const [engine = expect.unreachable()] = ENGINES;
const JSON_TYPE = "application/json";
const FORM_TYPE = "application/x-www-form-urlencoded";

/** Sends a request as it is: `undefined` leaves out a header that the visitor would send. */
async function send(
  service: Service,
  procedure: string,
  headers: Record<string, string | undefined>,
  input: unknown,
) {
  const sent = Object.entries(headers).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return service.request("POST", `/trpc/${procedure}`, {
    body: JSON.stringify(input),
    headers: Object.fromEntries(sent),
  });
}

/** Everything that gets the cookie. */
const PROCEDURES = [
  ...["show", "password", "open", "leave"].map((name) => `login.${name}`),
  ...["show", "choose", "allow", "deny"].map((name) => `login.authorization.${name}`),
  "login.logout.show",
];

describe("a request of another page", () => {
  const service = useService(engine);
  let visitor: Visitor;
  let login: { ticket: string; login: string; password: string; remember: boolean };
  beforeAll(async () => {
    const { email } = await service.person();
    visitor = new Visitor(service);
    const { ticket } = await visitor.logIn({ email, password: PASSWORD });
    login = { ticket, login: email, password: PASSWORD, remember: true };
  });

  const hostile: [string, Record<string, string | undefined>][] = [
    ["no Origin", { origin: undefined }],
    ["the Origin null, of a sandboxed frame or a file", { origin: "null" }],
    ["an empty Origin", { origin: "" }],
    ["the Origin of another site", { origin: "https://evil.test" }],
    ["the Origin of a subdomain", { origin: "https://app.tegata.test" }],
    ["the Origin of the parent domain", { origin: "https://test" }],
    ["an Origin that begins like ours", { origin: `${ISSUER}.evil.test` }],
    ["an Origin that ends like ours", { origin: "https://evil-tegata.test" }],
    ["our host without TLS", { origin: "http://tegata.test" }],
    ["our host with another port", { origin: `${ISSUER}:8443` }],
    ["our Origin with a slash", { origin: `${ISSUER}/` }],
    ["two Origins", { origin: `${ISSUER}, https://evil.test` }],
    ["our Origin in capitals", { origin: ISSUER.toUpperCase() }],
    ["only a Referer of ours", { origin: undefined, referer: `${ISSUER}/login` }],
    ["the Origin of where it was sent", { origin: "self" }],
    ["a form, from our Origin", { "content-type": FORM_TYPE }],
    ["a form with files, from our Origin", { "content-type": "multipart/form-data; boundary=x" }],
    ["plain text, from our Origin", { "content-type": "text/plain" }],
    ["a type that only begins like JSON", { "content-type": "application/jsonx" }],
  ];

  test.each(hostile)("with %s changes nothing and is told nothing", async (_, more) => {
    const headers = { "content-type": JSON_TYPE, cookie: visitor.cookie, origin: ISSUER, ...more };
    if (headers.origin === "self") headers.origin = service.url;
    for (const procedure of PROCEDURES) {
      const answer = await send(service, procedure, headers, login);
      expect([403, 415]).toContain(answer.status);
      expect(answer.headers.getSetCookie()).toEqual([]);
      expect(answer.text).not.toContain(login.login);
      expect(answer.text).not.toContain("ticket");
      expect(answer.headers.get("access-control-allow-origin")).toBeNull();
    }
    expect(await visitor.show()).toMatchObject({ is: "logged_in" });
  });

  test("with our own Origin and type is served: the requests above differ in one thing only", async () => {
    const headers = { "content-type": JSON_TYPE, cookie: visitor.cookie, origin: ISSUER };
    const answer = await send(service, "login.show", headers, undefined);
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.text).toContain(login.login);
  });

  test("as a streamed batch, whose headers are sent too early for a cookie, is refused", async () => {
    const answer = await service.request("POST", "/trpc/login.leave?batch=1", {
      body: "{}",
      headers: {
        "content-type": JSON_TYPE,
        "trpc-accept": "application/jsonl",
        cookie: visitor.cookie ?? "",
        origin: ISSUER,
      },
    });
    expect(answer.text).toContain('"wrong_origin"');
    expect(await visitor.show()).toMatchObject({ is: "logged_in" });
  });

  test("by GET does nothing, also if it says that it is a POST", async () => {
    const headers = { cookie: visitor.cookie ?? "", origin: ISSUER, "content-type": JSON_TYPE };
    for (const path of ["login.show", "login.leave", "login.leave?_method=POST"]) {
      const answer = await service.request("GET", `/trpc/${path}`, {
        headers: { ...headers, "x-http-method-override": "POST" },
      });
      expect(answer.status).toBe(405);
    }
    expect(await visitor.show()).toMatchObject({ is: "logged_in" });
  });
});

describe.each([
  ["http://127.0.0.1:3000", true],
  ["http://localhost", true],
  ["http://login.internal:3000", false],
  ["https://tegata.test", false],
])("the issuer %s", (issuer, isHere) => {
  const service = useService(engine, { ISSUER: issuer });

  test(`is ${isHere ? "" : "not "}reached by another name or port of this machine`, async () => {
    const { port } = new URL(service.url);
    const statusAt = (host: string, origin = `http://${host}`) =>
      statusOf(service.url, { host, origin });
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, "localhost:8080", "[::1]:3000"])
      expect(await statusAt(host), host).toBe(isHere ? 200 : 403);
    // A name that leads here, but is not this machine's (DNS rebinding).
    for (const host of [`evil.test:${port}`, "localhost.evil.test", "127.0.0.1.evil.test"])
      expect(await statusAt(host), host).toBe(403);
    expect(await statusAt("localhost:8080", "http://localhost:9090")).toBe(403);
    expect(await statusAt(`127.0.0.1:${port}`, new URL(issuer).origin)).toBe(200);
  });
});

/** The status of `login.show` with a Host of its own, which fetch does not send. */
async function statusOf(url: string, headers: { host: string; origin: string }) {
  const sent = request(`${url}/trpc/login.show`, {
    method: "POST",
    headers: { ...headers, "content-type": JSON_TYPE },
  }).end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

describe("the cookie", () => {
  const service = useService(engine, { CORS_ORIGINS: "https://app.tegata.test" });
  const stable = ({ headers, ...answer }: Awaited<ReturnType<Service["request"]>>) => ({
    ...answer,
    text: answer.text.replace(/"(id|requestId|access_token|expires_in)":"[^"]*"/g, ""),
    json: undefined,
    cookies: headers.getSetCookie(),
  });

  test("is ignored by every other procedure, endpoint and page", async () => {
    const visitor = new Visitor(service);
    await visitor.logIn(await service.person());
    const procedures = Object.entries<AnyTRPCProcedure>(
      (appRouter as AnyTRPCRouter)._def.procedures,
    )
      .filter(([name]) => !name.startsWith("login."))
      .map(([name, { _def }]) => [_def.type === "query" ? "GET" : "POST", `/trpc/${name}`]);
    expect(procedures.length).toBeGreaterThan(15);
    const others = [
      ["GET", "/", "/login", "/workbench", "/docs", "/openapi.json", "/auth/verify", "/users/me"],
      ["GET", "/api/users/me", "/api/sessions", "/api/events", "/api/is-logged-in", "/api/user/me"],
      ["GET", "/api/is_logined", "/.well-known/change-password", "/healthz", "/users/me/items"],
      ["POST", "/token", "/revoke", "/introspect", "/api/logout", "/api/token", "/auth/verify"],
    ].flatMap(([method = "", ...paths]) => paths.map((path) => [method, path]));
    for (const [method = "", path = ""] of [...procedures, ...others]) {
      const ask = (headers: Record<string, string>) =>
        service.request(method, path, {
          headers: { origin: ISSUER, "content-type": JSON_TYPE, ...headers },
          ...(method === "POST" && { body: "{}" }),
        });
      const [without, withCookie] = [await ask({}), await ask({ cookie: visitor.cookie ?? "" })];
      expect(stable(withCookie), path).toEqual(stable(without));
      expect(withCookie.headers.getSetCookie(), path).toEqual([]);
    }
    expect(await visitor.show()).toMatchObject({ is: "logged_in" });
  });

  test("is of no use to an origin of CORS_ORIGINS", async () => {
    const origin = "https://app.tegata.test";
    const visitor = new Visitor(service, origin);
    const answer = await visitor.call("show");
    expect(answer).toMatchObject({ status: 403 });
    expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
    expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
  });
});
