/** Pages of public clients call the service without a setting: their origin is that of a redirect URI (CORS). */
import { describe, expect, test, vi } from "vitest";
import { addApp, ask, visit } from "../../testing/authorization.ts";
import { ENGINES } from "../../testing/engines.ts";
import { type Service, useService } from "../../testing/service.ts";
import { Visitor } from "../../testing/visitor.ts";
import { changeRedirectUris } from "../clients/changes.ts";
import { OPERATOR } from "../requester.ts";
import { createExpress } from "./app.ts";
import { listen } from "./edge/listen.ts";

const CONFIGURED = "https://configured.example";
const URIS = [
  "https://spa.example/callback",
  "https://spa.example/other",
  "https://spa.example:8443/callback?tenant=1",
  "http://127.0.0.1/callback",
  "com.example.app:/callback",
].join(" ");

/** A path that is answered before Express, one that Express answers, and the endpoint that pages exchange codes at. */
const CALLS = [
  ["GET", "/trpc/isLoggedIn"],
  ["GET", "/api/is-logged-in"],
  ["GET", "/healthz"],
  ["GET", "/nowhere"],
  ["POST", "/token"],
  ["GET", "/userinfo"],
] as const;

/** What differs between two equal responses. */
const INCIDENTAL = new Set(["date", "x-request-id", "keep-alive"]);

describe.each(ENGINES)("CORS for the pages of clients on $name", (engine) => {
  const service = useService(engine, { CORS_ORIGINS: CONFIGURED });
  let isReady: Promise<unknown> | undefined;
  const clients = async () => {
    isReady ??= Promise.all([
      addApp(service, { redirectUris: URIS }),
      addApp(service, {
        id: "backend",
        secretHash: "x",
        redirectUris: "https://backend.example/callback",
      }),
    ]);
    await isReady;
    service.ahead += 10_000;
  };

  /** The origin that may read the response, for the preflight and for the request. */
  async function allowedBy(at: Service["request"], method: string, path: string, origin: string) {
    const asked = { origin, "access-control-request-method": method };
    const preflight = await at("OPTIONS", path, { headers: asked });
    const response = await at(method, path, { headers: { origin } });
    expect(response.headers.get("access-control-allow-credentials")).toBeNull();
    expect(response.headers.get("vary")).toMatch(/\bOrigin\b/);
    return [preflight, response].map(({ headers }) => headers.get("access-control-allow-origin"));
  }
  const request: Service["request"] = (...how) => service.request(...how);

  test.each([
    "https://spa.example",
    "https://spa.example:8443",
    "http://127.0.0.1",
    "http://127.0.0.1:5173",
    CONFIGURED,
  ])("%s may call, as it is the origin of a public client or a setting", async (origin) => {
    await clients();
    for (const [method, path] of CALLS)
      expect(await allowedBy(request, method, path, origin), path).toEqual([origin, origin]);
  });

  test.each([
    "https://backend.example",
    "https://spa.example:444",
    "http://spa.example",
    "https://spa.example.evil.example",
    "https://sub.spa.example",
    "https://spa.example/callback",
    "http://localhost:5173",
    "https://127.0.0.1",
    "http://127.0.0.1.evil.example",
    "com.example.app:",
    "com.example.app://",
    "null",
  ])("%s may not", async (origin) => {
    await clients();
    for (const [method, path] of CALLS)
      expect(await allowedBy(request, method, path, origin), path).toEqual([null, null]);
  });

  test("Express and what answers before it send the same headers", async () => {
    await clients();
    const slow = await listen(createExpress(service.tegata), {
      host: "127.0.0.1",
      port: 0,
      keepAliveSeconds: 1,
    });
    try {
      for (const path of ["/trpc/isLoggedIn", "/api/is-logged-in"])
        for (const origin of [
          "https://spa.example",
          "http://127.0.0.1:1",
          "https://evil.example",
        ]) {
          const [fast, plain] = await Promise.all(
            [service.url, slow.url].map(async (url) => {
              const { headers } = await fetch(url + path, { headers: { origin } });
              return Object.fromEntries([...headers].filter(([name]) => !INCIDENTAL.has(name)));
            }),
          );
          expect(fast, `${path} ${origin}`).toEqual(plain);
        }
    } finally {
      await slow.close();
    }
  });

  test("no page may call the endpoints that browsers are sent to, also not one of CORS_ORIGINS (RFC 9700 section 2.6)", async () => {
    await clients();
    for (const origin of ["https://spa.example", CONFIGURED])
      for (const method of ["GET", "POST"])
        for (const path of [`/authorize?${ask().query}`, "/logout?client_id=app"])
          expect(await allowedBy(request, method, path, origin)).toEqual([null, null]);
    const response = await visit(service, new Visitor(service), ask({ scope: "admin" }));
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  });

  test("a new redirect URI counts after 10 seconds, and one that is removed no longer does", async () => {
    await clients();
    const preview = "https://preview.example";
    const may = async () => (await allowedBy(request, "GET", "/trpc/isLoggedIn", preview))[1];
    const uris = [`${preview}/callback`];
    const change = (add: string[], remove: string[]) =>
      changeRedirectUris(
        service.tegata,
        { id: "app", add, remove },
        ["authorization_code", "refresh_token"],
        OPERATOR,
      );
    service.stoppedAt = Date.now();
    expect(await may()).toBeNull();
    await change(uris, []);
    service.ahead += 9_999;
    expect(await may()).toBeNull();
    service.ahead += 1;
    expect(await may()).toBe(preview);
    await change([], uris);
    expect(await may()).toBe(preview);
    service.ahead += 10_000;
    expect(await may()).toBeNull();
    await change(uris, []);
    // A clock that is set back must not make it wait until that time has passed again.
    service.ahead -= 3_600_000;
    expect(await may()).toBe(preview);
    service.ahead += 3_600_000;
    await change([], uris);
    service.stoppedAt = undefined;
  });

  test("the database is read once for many callers of unknown origins, and not for others", async () => {
    await clients();
    service.stoppedAt = Date.now();
    const read = vi.spyOn(service.tegata.db.clients, "listPublicRedirectUris");
    const call = (origin: string) => request("GET", "/trpc/isLoggedIn", { headers: { origin } });
    for (const origin of [CONFIGURED, "https://tegata.test", "null", "x"]) await call(origin);
    expect(read).toHaveBeenCalledTimes(0);
    await Promise.all(Array.from({ length: 20 }, (_, i) => call(`https://${i}.example`)));
    expect(read).toHaveBeenCalledTimes(1);

    // What was read last counts while the database is not available.
    service.ahead += 10_000;
    read.mockRejectedValueOnce(new Error("no database"));
    const origin = "https://spa.example";
    expect((await call(origin)).headers.get("access-control-allow-origin")).toBe(origin);
    expect(read).toHaveBeenCalledTimes(2);
    service.stoppedAt = undefined;
    read.mockRestore();
  });
});
