/** One log line for each request, without anything that could be a secret. */
import type { RequestHandler } from "express";
import type { Log } from "../../log.ts";

/** Logs the method, the path without its query, the status, the milliseconds and the caller's address at the end of a request. */
export function requestLog(log: Log): RequestHandler {
  return function logRequest(req, res, next) {
    const start = performance.now();
    const { method, path, ip } = req;
    res.once("close", () => {
      const ms = Math.round(performance.now() - start);
      const end = res.writableFinished ? { status: res.statusCode } : { aborted: true };
      log.info({ method, path, ...end, ms, ip }, "request");
    });
    next();
  };
}
