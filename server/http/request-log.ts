/** One line for each request, with nothing in it that could be a secret. */
import type { RequestHandler } from "express";
import type { Log } from "../log.ts";

/** Logs method, path without its query, status, milliseconds and the caller's address once a request has ended. */
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
