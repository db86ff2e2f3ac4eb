/** One log line for each request, without anything that could be a secret. */
import { randomUUID } from "node:crypto";
import type { Request, RequestHandler } from "express";
import type { Log } from "../../log.ts";

const HEADER = "X-Request-Id";
/** What is accepted from the caller or its proxy: it ends up in the log. */
const ACCEPTED = /^[\w.:-]{1,64}$/;

/**
 * Logs the method, the path without its query, the status, the milliseconds and the caller's address at the end of a
 * request. The request id comes from the request or is new; the response repeats it.
 */
export function requestLog(log: Log): RequestHandler {
  return function logRequest(req, res, next) {
    const start = performance.now();
    const { method, path, ip } = req;
    const given = req.get(HEADER);
    const requestId = given !== undefined && ACCEPTED.test(given) ? given : randomUUID();
    res.set(HEADER, requestId);
    res.once("close", () => {
      const ms = Math.round(performance.now() - start);
      const end = res.writableFinished ? { status: res.statusCode } : { aborted: true };
      log.info({ requestId, method, path, ...end, ms, ip }, "request");
    });
    next();
  };
}

/** @returns the id of a request that {@link requestLog} has seen */
export const requestIdOf = ({ res }: Request): string => String(res?.get(HEADER));
