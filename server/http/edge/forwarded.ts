/** Tells operators that a reverse proxy is in front of the service, if the settings do not say so. */
import type { RequestHandler } from "express";
import type { Log } from "../../log.ts";

/** Logs one warning, at the first request with an `X-Forwarded-For` header that does not count. */
export function forwardedWarning(log: Log): RequestHandler {
  let isNews = true;
  return function warn(req, _res, next) {
    if (isNews && req.headers["x-forwarded-for"] !== undefined) {
      isNews = false;
      log.warn(
        { ip: req.ip },
        "a request has X-Forwarded-For, but TRUST_PROXY is 0: behind a proxy, all callers share the limits of its address",
      );
    }
    next();
  };
}
