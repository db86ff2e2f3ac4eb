/** Tells operators that a reverse proxy is in front of the service, if the settings do not say so. */
import type { Log } from "../../log.ts";
import type { Received } from "./received.ts";

/** Logs one warning, at the first request with an `X-Forwarded-For` header that does not count. */
export function forwardedWarning(log: Log, trustProxy: number): (req: Received) => void {
  let mustWarn = trustProxy === 0;
  return function warn({ headers, socket }) {
    if (!mustWarn || headers["x-forwarded-for"] === undefined) return;
    mustWarn = false;
    log.warn(
      { ip: socket.remoteAddress },
      "a request has X-Forwarded-For, but TRUST_PROXY is 0: behind a proxy, all callers share the limits of its address",
    );
  };
}
