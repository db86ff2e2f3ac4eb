/** What the service answers before it has started: that it is alive but not ready. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { pathOf } from "./edge/url.ts";

const ALIVE = JSON.stringify({ status: "ok" });
const STARTING = JSON.stringify({
  title: "Service Unavailable",
  status: 503,
  detail: "the service is starting: it is waiting for its database, or for migrations",
  faults: ["starting"],
});

/** Answers `/healthz` with 200: a restart would only begin the wait again. Everything else is 503. */
export function answerWhileStarting(req: IncomingMessage, res: ServerResponse): void {
  const isRead = req.method === "GET" || req.method === "HEAD";
  const isHealth = isRead && pathOf(req) === "/healthz";
  const type = isHealth ? "application/json" : "application/problem+json";
  const headers = { "Content-Type": `${type}; charset=utf-8`, Connection: "close" };
  if (isHealth) res.writeHead(200, headers).end(ALIVE);
  else res.writeHead(503, { ...headers, "Retry-After": "1" }).end(STARTING);
}
