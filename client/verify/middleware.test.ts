import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { initTRPC } from "@trpc/server";
import { createExpressMiddleware } from "@trpc/server/adapters/express";
import express from "express";
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { ISSUER, useService } from "../../testing/service.ts";
import { type AccessClaims, createVerifier, type Verifier } from "./core.ts";
import { claimsOf, expressAuth } from "./express.ts";
import { type NodeContext, trpcAuth } from "./trpc.ts";

const [engine] = ENGINES;
if (!engine) throw new Error("no engine");

describe("the middlewares", () => {
  const service = useService(engine);
  let site: { url: string; server: Server };
  let good: string;

  function orders(verifier: Verifier, needed?: { scope: string }) {
    const t = initTRPC.context<NodeContext & { shop: string }>().create();
    const router = t.router({
      claims: t.procedure.use(trpcAuth(verifier, needed)).query(({ ctx }) => {
        expectTypeOf(ctx.claims).toEqualTypeOf<AccessClaims>();
        expectTypeOf(ctx.shop).toEqualTypeOf<string>();
        return ctx.claims;
      }),
    });
    const door = express.Router();
    door.get("/claims", expressAuth(verifier, needed), (req, res) => {
      expectTypeOf(claimsOf(req)).toEqualTypeOf<AccessClaims>();
      res.json(claimsOf(req));
    });
    const createContext = ({ req, res }: NodeContext) => ({ req, res, shop: "lanterns" });
    door.use("/trpc", createExpressMiddleware({ router, createContext }));
    door.get("/forgotten", (req, res) => void res.json(claimsOf(req)));
    return door;
  }

  beforeAll(async () => {
    const jwksUri = `${service.url}/.well-known/jwks.json`;
    const verifier = createVerifier({ issuer: ISSUER, jwksUri });
    const app = express();
    app.use("/any", orders(verifier));
    app.use("/me", orders(verifier, { scope: "me" }));
    app.use("/admin", orders(verifier, { scope: "admin" }));
    const nowhere = "http://127.0.0.1:9/jwks.json";
    app.use("/down", orders(createVerifier({ issuer: ISSUER, jwksUri: nowhere })));
    app.use(((_error, _req, res, _next) => {
      res.status(500).end();
    }) satisfies express.ErrorRequestHandler);
    const server = createServer(app).listen(0, "127.0.0.1");
    await new Promise((done) => server.once("listening", done));
    site = { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    good = await service.login(await service.person());
  });
  afterAll(() => site.server.close());

  const ask = async (path: string, authorization?: string | string[]) => {
    // Node's types do not allow two Authorization headers.
    const headers: Record<string, string | string[]> =
      authorization === undefined ? {} : { authorization };
    return new Promise<{ status: number | undefined; challenge: string | undefined; text: string }>(
      (done, fail) => {
        request(site.url + path, { headers }, (res) => {
          let text = "";
          res.on("data", (chunk) => {
            text += chunk;
          });
          res.on("end", () =>
            done({ status: res.statusCode, challenge: res.headers["www-authenticate"], text }),
          );
        })
          .once("error", fail)
          .end();
      },
    );
  };

  const invalid = 'Bearer error="invalid_token"';
  describe.each(["/claims", "/trpc/claims"])("at %s", (path) => {
    test.each([
      ["no header", "/any", () => undefined, 401, "Bearer"],
      ["no token", "/any", () => "Bearer", 401, "Bearer"],
      ["an empty token", "/any", () => "Bearer ", 401, "Bearer"],
      ["another scheme", "/any", () => "Basic Og==", 401, "Bearer"],
      ["an invalid token", "/any", () => "Bearer x.y.z", 401, invalid],
      ["a malformed token", "/any", () => `Bearer ${good} ${good}`, 401, invalid],
      ["two headers", "/any", () => [`Bearer ${good}`, "Bearer x"], 401, invalid],
      ["a valid token", "/any", () => `Bearer ${good}`, 200, undefined],
      [
        "a valid token with unusual case and spacing",
        "/any",
        () => `bEARER   ${good}`,
        200,
        undefined,
      ],
      ["the required scope", "/me", () => `Bearer ${good}`, 200, undefined],
      [
        "without the required scope",
        "/admin",
        () => `Bearer ${good}`,
        403,
        'Bearer error="insufficient_scope", scope="admin"',
      ],
      ["no token where a scope is required", "/admin", () => undefined, 401, "Bearer"],
      ["a token that cannot be checked", "/down", () => `Bearer ${good}`, 500, undefined],
    ])("%s", async (_, door, authorization, status, challenge) => {
      const answer = await ask(door + path, authorization());
      expect(answer).toMatchObject({ status, challenge });
      expect(answer.text.includes('"clientId":"tegata"')).toBe(status === 200);
      expect(answer.text).not.toContain(good);
    });
  });

  test("a rejected batch has the challenge", async () => {
    expect(await ask("/any/trpc/claims,claims?batch=1")).toMatchObject({
      status: 401,
      challenge: "Bearer",
    });
  });

  test("a streamed response, whose headers are already sent, contains the error", async () => {
    const answer = await fetch(`${site.url}/admin/trpc/claims?batch=1`, {
      headers: { "trpc-accept": "application/jsonl", authorization: `Bearer ${good}` },
    });
    expect(await answer.text()).toContain("FORBIDDEN");
  });

  test("claimsOf throws if no middleware has run", async () => {
    expect(await ask("/any/forgotten", `Bearer ${good}`)).toMatchObject({ status: 500 });
  });
});
