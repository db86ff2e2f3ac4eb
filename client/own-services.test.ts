/** The typed client of an application that has services of its own, and a server whose URL was copied with a slash. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createTRPCClient, httpBatchStreamLink, httpLink } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { createExpressMiddleware } from "@trpc/server/adapters/express";
import express from "express";
import { afterAll, afterEach, beforeAll, describe, expect, expectTypeOf, test, vi } from "vitest";
import { ENGINES } from "../testing/engines.ts";
import { ISSUER, useService } from "../testing/service.ts";
import { authLink, createSession, createTegata, memoryStore, type Session } from "./index.ts";
import { createVerifier } from "./verify/core.ts";
import { claimsOf, expressAuth } from "./verify/express.ts";
import { type NodeContext, trpcAuth } from "./verify/trpc.ts";

const [engine] = ENGINES;
if (!engine) throw new Error("no engine");

describe("the typed client", () => {
  const service = useService(engine);
  const t = initTRPC.context<NodeContext>().create();
  let site: { url: string; server: Server };
  afterEach(() => void vi.unstubAllGlobals());

  const routerOf = (verifier: ReturnType<typeof createVerifier>) =>
    t.router({ whoami: t.procedure.use(trpcAuth(verifier)).query(({ ctx }) => ctx.claims.userId) });
  type OrdersRouter = ReturnType<typeof routerOf>;

  beforeAll(async () => {
    // It asks Tegata about each token: after half an hour, the clock of the test counts and not its own.
    const clientSecret = await service.client("orders");
    const introspection = { clientId: "orders", clientSecret, url: `${service.url}/introspect` };
    const verifier = createVerifier({ issuer: ISSUER, introspection });
    const app = express();
    const createContext = ({ req, res }: NodeContext) => ({ req, res });
    app.use("/trpc", createExpressMiddleware({ router: routerOf(verifier), createContext }));
    app.get("/whoami", expressAuth(verifier), (req, res) => void res.json(claimsOf(req).userId));
    const server = createServer(app).listen(0, "127.0.0.1");
    await new Promise((done) => server.once("listening", done));
    site = { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  });
  afterAll(() => site.server.close());

  test.each([
    ["httpLink", httpLink],
    ["httpBatchStreamLink", httpBatchStreamLink],
  ])(
    "calls an own service with the same login, over %s, also after the token has expired",
    async (_, link) => {
      const person = await service.person();
      const { api, login, logout, session } = createTegata({
        url: service.url,
        store: memoryStore(),
      });
      expectTypeOf(session).toEqualTypeOf<Session>();
      await login(person.email, person.password);
      const orders = createTRPCClient<OrdersRouter>({
        links: [authLink(session), link({ url: `${site.url}/trpc`, headers: session.headers })],
      });
      const whoami = async () =>
        (await fetch(`${site.url}/whoami`, { headers: session.headers() })).json();
      expect(await orders.whoami.query()).toBe(person.id);
      expect(await whoami()).toBe(person.id);
      service.ahead += 31 * 60_000;
      expect(await orders.whoami.query()).toBe(person.id);
      expect(await whoami()).toBe(person.id);
      expect(await api.me.query()).toMatchObject({ id: person.id });
      await logout();
      expect(session.headers()).toEqual({});
      service.ahead -= 31 * 60_000;
    },
  );

  test.each(["/", "//"])("takes a URL with %s at its end", async (slash) => {
    const person = await service.person();
    const url = service.url + slash;
    const store = memoryStore();
    const tegata = createTegata({ url, store });
    await tegata.login(person.email, person.password);
    expect(await tegata.api.me.query()).toMatchObject({ id: person.id });
    service.ahead += 31 * 60_000;
    expect(await tegata.api.me.query()).toMatchObject({ id: person.id });
    const token = store.get()?.accessToken;
    await tegata.logout();
    expect(await service.query("me", token)).toMatchObject({ status: 401 });
    await createSession({ url, store }).login(person.email, person.password);
    service.ahead -= 31 * 60_000;
  });

  test("refreshes without a lock where the browser refuses one, and once only", async () => {
    const person = await service.person();
    const request = vi.fn(() => Promise.reject(new DOMException("denied", "SecurityError")));
    vi.stubGlobal("navigator", { locks: { request } });
    const tegata = createTegata({ url: service.url, store: memoryStore() });
    await tegata.login(person.email, person.password);
    service.ahead += 31 * 60_000;
    service.logged.length = 0;
    const answers = await Promise.all([1, 2, 3].map(() => tegata.api.me.query()));
    expect(answers.map(({ id }) => id)).toEqual([1, 2, 3].map(() => person.id));
    expect(request).toHaveBeenCalled();
    expect(service.logged.filter((line) => line.includes('"/token"'))).toHaveLength(1);
    service.ahead -= 31 * 60_000;
  });

  test("does not repeat a refresh that failed under a lock", async () => {
    vi.stubGlobal("navigator", {
      locks: { request: (_: string, work: () => Promise<unknown>) => work() },
    });
    const store = memoryStore();
    const { session } = createTegata({ url: "http://127.0.0.1:9", store });
    const tokens = { accessToken: "x", scope: "me", refreshToken: "y" };
    store.set(tokens);
    const fetched = vi.spyOn(globalThis, "fetch");
    await expect(session.refresh(tokens)).rejects.toThrow("could not reach the server");
    expect(fetched).toHaveBeenCalledTimes(1);
    fetched.mockRestore();
  });
});
