/** One log line for each request, without anything that could be a secret. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Log } from "../../log.ts";

/**
 * Logs the method, the path without its query, the status, the milliseconds and the caller's address at the end of a request.
 * @param trustProxy the number of reverse proxies in front
 */
export function requestLog(log: Log, trustProxy: number) {
  return function logRequest(req: IncomingMessage, res: ServerResponse): void {
    const start = performance.now();
    const { method } = req;
    const path = pathOf(req);
    const ip = addressOf(req, trustProxy);
    res.once("close", () => {
      const ms = Math.round(performance.now() - start);
      const end = res.writableFinished ? { status: res.statusCode } : { aborted: true };
      log.info({ method, path, ...end, ms, ip }, "request");
    });
  };
}

/** The path of a request, without its query. */
export function pathOf({ url = "" }: IncomingMessage): string {
  const end = url.indexOf("?");
  const target = end === -1 ? url : url.slice(0, end);
  return target.startsWith("/") ? target : new URL(target).pathname;
}

/** The address that the first of our proxies was called from: each adds the one that it sees at the end of the list. */
function addressOf({ socket, headers }: IncomingMessage, proxies: number): string | undefined {
  const forwarded = headers["x-forwarded-for"];
  if (proxies === 0 || forwarded === undefined) return socket.remoteAddress;
  const addresses = String(forwarded).split(",");
  return addresses[Math.max(0, addresses.length - proxies)]?.trim();
}
