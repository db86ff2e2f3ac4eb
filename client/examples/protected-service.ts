/** A service of its own that takes the access tokens of a Tegata: one tRPC procedure and one plain path. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { initTRPC } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { createVerifier, type NodeContext } from "../verify.ts";

const tegata = process.env["TEGATA_URL"] ?? "http://127.0.0.1:3000";
const verifier = createVerifier({
  issuer: process.env["TEGATA_ISSUER"] ?? tegata,
  jwksUri: `${tegata}/.well-known/jwks.json`,
});

const t = initTRPC.context<NodeContext>().create();
const router = t.router({
  orders: t.procedure
    .use(verifier.trpc({ scope: "me" }))
    .query(({ ctx }) => [{ item: "a lantern", owner: ctx.claims.userId }]),
});
/** What a caller imports. */
export type OrdersRouter = typeof router;

const trpc = createHTTPHandler({ router, createContext: (context): NodeContext => context });
// The same middleware that Express takes.
const signedIn = verifier.express({ scope: "me" });

const server = createServer((req, res) => {
  if (req.url !== "/whoami") return trpc(req, res);
  signedIn(req, res, (error) => {
    if (error) res.writeHead(503).end();
    else res.end(JSON.stringify(verifier.claimsOf(req)));
  });
});
server.listen(Number(process.env["PORT"] ?? 0), "127.0.0.1", () => {
  console.log(`listens on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
