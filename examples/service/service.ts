/** A service that accepts Tegata access tokens, with one tRPC procedure and one plain HTTP path. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { initTRPC, TRPCError } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { type AccessClaims, createVerifier } from "tegata-client/verify";
import { claimsOf, expressAuth } from "tegata-client/verify/express";
import { type NodeContext, trpcAuth } from "tegata-client/verify/trpc";

const tegata = process.env["TEGATA_URL"] ?? "http://127.0.0.1:3000";
const verifier = createVerifier({
  issuer: process.env["TEGATA_ISSUER"] ?? tegata,
  jwksUri: `${tegata}/.well-known/jwks.json`,
});

/** Whether a token is for our own application: users may let those of others have the scope `me`, too. */
const isOurs = ({ clientId }: AccessClaims) => clientId === "tegata";

const t = initTRPC.context<NodeContext>().create();
const router = t.router({
  orders: t.procedure
    .use(trpcAuth(verifier, { scope: "me" }))
    .use(({ ctx, next }) => {
      if (!isOurs(ctx.claims)) throw new TRPCError({ code: "FORBIDDEN" });
      return next();
    })
    .query(({ ctx }) => [{ item: "a lantern", owner: ctx.claims.userId }]),
});
/** The type that the client imports. */
export type OrdersRouter = typeof router;

const trpc = createHTTPHandler({ router, createContext: (context): NodeContext => context });
// Express takes the same middleware: app.use(expressAuth(verifier)).
const requireToken = expressAuth(verifier, { scope: "me" });

const server = createServer((req, res) => {
  if (req.url !== "/whoami") return trpc(req, res);
  requireToken(req, res, (error) => {
    if (error) res.writeHead(503).end();
    else if (!isOurs(claimsOf(req))) res.writeHead(403).end();
    else res.end(JSON.stringify(claimsOf(req)));
  });
});
server.listen(Number(process.env["PORT"] ?? 4000), "127.0.0.1", () => {
  console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
