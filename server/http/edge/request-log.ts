/** One log line for each request, without anything that could be a secret; and what identifies a request and its sender. */
import { randomUUID } from "node:crypto";
import type { NextFunction, Request, Response } from "express";
import type { Log } from "../../log.ts";
import type { Observer, Received } from "./received.ts";
import { pathOf } from "./url.ts";

/** The header with the id of a request, of requests and of responses. */
export const REQUEST_ID = "X-Request-Id";
/** The request ids that are accepted from the caller or its proxy. They end up in the log. */
const ACCEPTED = /^[\w.:-]{1,64}$/;

/** What identifies a request and its sender. */
interface Sender {
  requestId: string;
  /** An IP address, if the connection is still open. */
  address: string | undefined;
  /** Without the query. */
  path: string;
}

/** Where a request keeps its sender: entries of a WeakMap also cost the garbage collector. */
const SENDER = Symbol("sender");
type WithSender = Received & { [SENDER]?: Sender };

/**
 * Logs the method, the path without its query, the status, the milliseconds and the caller's address at the end of a
 * request. The request id comes from the request or is new.
 * @param trustProxy the number of reverse proxies in front
 */
export function requestLog(log: Log, trustProxy: number): Observer {
  return function logRequest(req: WithSender) {
    const start = performance.now();
    const { method = "" } = req;
    const path = pathOf(req);
    const given = req.headers["x-request-id"];
    const requestId = typeof given === "string" && ACCEPTED.test(given) ? given : randomUUID();
    const ip = addressOf(req, trustProxy);
    req[SENDER] = { requestId, address: ip, path };
    return (status) => {
      const ms = Math.round(performance.now() - start);
      log.request({ requestId, method, path, status, ms, ip });
    };
  };
}

/** @returns what {@link requestLog} has found out about a request */
export const senderOf = (req: WithSender): Sender =>
  req[SENDER] ?? { requestId: "", address: undefined, path: pathOf(req) };

/** Repeats the id of a request in the response. */
export function requestIdHeader(req: Request, res: Response, next: NextFunction): void {
  res.set(REQUEST_ID, senderOf(req).requestId);
  next();
}

/** The address that the first of our proxies was called from: each adds the one that it sees at the end of the list. */
function addressOf({ socket, headers }: Received, proxies: number): string | undefined {
  const forwarded = headers["x-forwarded-for"];
  if (proxies === 0 || forwarded === undefined) return socket.remoteAddress;
  const addresses = String(forwarded).split(",");
  return addresses[Math.max(0, addresses.length - proxies)]?.trim();
}
