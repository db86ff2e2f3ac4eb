import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { useService } from "../../testing/service.ts";

const [engine = expect.unreachable()] = ENGINES;
const PATHS = [
  "/",
  "/docs",
  "/openapi.json",
  "/trpc/isLoggedIn",
  "/token",
  "/userinfo",
  "/users/me",
  "/api/items",
  "/.well-known/jwks.json",
  "/healthz",
  "/nothing",
];

describe("the headers of every response", () => {
  const service = useService(engine);

  test.each(PATHS)("%s", async (path) => {
    const { headers } = await service.request("GET", path);
    expect(headers.get("content-security-policy")?.split(";").sort()).toEqual([
      "base-uri 'none'",
      "default-src 'self'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "object-src 'none'",
    ]);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("strict-transport-security")).toBe("max-age=31536000; includeSubDomains");
    expect(headers.get("x-powered-by")).toBeNull();
    expect(headers.get("server")).toBeNull();
    expect(headers.get("set-cookie")).toBeNull();
  });

  test("a response to one caller has no ETag", async () => {
    for (const path of [
      "/trpc/isLoggedIn",
      "/token",
      "/userinfo",
      "/users/me",
      "/api/items",
      "/healthz",
    ])
      expect((await service.request("GET", path)).headers.get("etag"), path).toBeNull();
  });
});

describe("an issuer without TLS", () => {
  const service = useService(engine, { ISSUER: "http://127.0.0.1" });

  test("does not tell browsers to use TLS", async () => {
    const { headers } = await service.request("GET", "/healthz");
    expect(headers.get("strict-transport-security")).toBeNull();
    expect(headers.get("content-security-policy")).not.toContain("upgrade-insecure-requests");
  });
});

describe("CORS", () => {
  const closed = useService(engine);
  const open = useService(engine, {
    CORS_ORIGINS: "https://app.example.com,http://127.0.0.1:5173",
  });
  const preflight = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization",
  };

  test.each(PATHS.filter((path) => !path.startsWith("/.well-known")))(
    "is disabled by default: %s",
    async (path) => {
      for (const origin of ["https://evil.test", "null", closed.url]) {
        for (const [method, more] of [
          ["GET", {}],
          ["OPTIONS", preflight],
        ] as const) {
          const { headers } = await closed.request(method, path, { headers: { origin, ...more } });
          expect(headers.get("access-control-allow-origin")).toBeNull();
          expect(headers.get("access-control-allow-credentials")).toBeNull();
        }
      }
    },
  );

  test.each(["https://app.example.com", "http://127.0.0.1:5173"])(
    "allows the configured origin %s",
    async (origin) => {
      const asked = await open.request("OPTIONS", "/trpc/me", {
        headers: { origin, ...preflight },
      });
      expect(asked.status).toBe(204);
      expect(asked.headers.get("access-control-allow-origin")).toBe(origin);
      expect(asked.headers.get("access-control-allow-headers")).toBe("authorization");
      const answer = await open.request("GET", "/trpc/me", { headers: { origin } });
      expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
      expect(answer.headers.get("access-control-expose-headers")).toBe(
        "WWW-Authenticate,Retry-After",
      );
      expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
      expect(answer.headers.get("vary")).toMatch(/\bOrigin\b/);
    },
  );

  test.each([
    "https://evil.test",
    "null",
    "https://app.example.com.evil.test",
    "https://app.example.com:444",
    "http://app.example.com",
    "https://sub.app.example.com",
  ])("does not allow the origin %s", async (origin) => {
    for (const method of ["GET", "OPTIONS"]) {
      const { headers } = await open.request(method, "/trpc/me", {
        headers: { origin, ...preflight },
      });
      expect(headers.get("access-control-allow-origin")).toBeNull();
      expect(headers.get("vary")).toMatch(/\bOrigin\b/);
    }
  });

  test.each(["/.well-known/oauth-authorization-server", "/.well-known/jwks.json"])(
    "any origin may read %s",
    async (path) => {
      for (const service of [closed, open]) {
        const { headers } = await service.request("GET", path, {
          headers: { origin: "https://evil.test" },
        });
        expect(headers.get("access-control-allow-origin")).toBe("*");
      }
    },
  );
});

describe("the request log", () => {
  const service = useService(engine, { TRUST_PROXY: "1" });

  test("has one line per request, with the path without its query and the address that the last proxy saw", async () => {
    service.logged.length = 0;
    const headers = { "x-forwarded-for": "1.1.1.1, 2.2.2.2, 3.3.3.3" };
    await service.request("GET", "/healthz?token=hidden", { headers });
    await expect.poll(() => service.logged.length).toBeGreaterThan(0);
    await service.request("GET", "/nothing");
    await expect.poll(() => service.logged.length).toBeGreaterThan(1);
    expect(service.logged).toHaveLength(2);
    const line = JSON.parse(service.logged[0] ?? "{}");
    expect(line).toMatchObject({
      method: "GET",
      path: "/healthz",
      status: 200,
      ip: "3.3.3.3",
      msg: "request",
    });
    expect(service.logged.join("")).not.toContain("hidden");
  });
});

describe("the id of a request", () => {
  const service = useService(engine);

  const idOf = async (path: string, given?: string) => {
    service.logged.length = 0;
    const headers: Record<string, string> = given === undefined ? {} : { "x-request-id": given };
    const answer = await service.request("GET", path, { headers });
    await expect.poll(() => service.logged.length).toBeGreaterThan(0);
    const { requestId } = JSON.parse(service.logged[0] ?? "{}") as { requestId: string };
    expect(answer.headers.get("x-request-id")).toBe(requestId);
    return requestId;
  };

  test.each(["/healthz", "/trpc/me", "/api/users/me", "/nothing"])(
    "is in the log line and in the response of %s",
    async (path) => {
      expect(await idOf(path, "from-the.proxy:1")).toBe("from-the.proxy:1");
      expect(await idOf(path)).toMatch(/^[\w-]{36}$/);
    },
  );

  test.each(["", "x".repeat(65), "two words", 'a"b', "<b>"])(
    "is a new one if the request has %j",
    async (given) => {
      expect(await idOf("/healthz", given)).toMatch(/^[\w-]{36}$/);
    },
  );
});

describe("a caller that disconnects", () => {
  const service = useService(engine);

  test("is logged as aborted, without a status", async () => {
    service.logged.length = 0;
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      "POST /trpc/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{",
    );
    await once(socket, "connect");
    // After another request has been answered, this one has arrived.
    await service.request("GET", "/healthz");
    service.logged.length = 0;
    socket.destroy();
    await expect.poll(() => service.logged.length).toBeGreaterThan(0);
    const line = JSON.parse(service.logged.find((text) => text.includes("register")) ?? "{}");
    expect(line).toMatchObject({ method: "POST", aborted: true, ip: "127.0.0.1" });
    expect(line).not.toHaveProperty("status");
  });
});

describe("without TRUST_PROXY", () => {
  const service = useService(engine);

  test("the logged address is that of the socket, and X-Forwarded-For is ignored", async () => {
    await service.request("GET", "/healthz", { headers: { "x-forwarded-for": "1.1.1.1" } });
    expect(JSON.parse(service.logged.at(-1) ?? "{}")).toMatchObject({ ip: "127.0.0.1" });
  });
});
