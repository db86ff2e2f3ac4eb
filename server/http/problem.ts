/** Errors of no particular door, as problem details (RFC 9457). */
import type { NextFunction, Request, Response } from "express";
import type { Log } from "../log.ts";

/** Answers with a problem of a status and its title. */
export function sendProblem(res: Response, status: number, title: string): void {
  res.status(status).type("application/problem+json").send(JSON.stringify({ title, status }));
}

/** For what no route took. */
export function notFound(_req: Request, res: Response): void {
  sendProblem(res, 404, "Not Found");
}

/** For what a route threw: nobody outside learns more than that it happened. */
export function unexpected(log: Log) {
  return (error: unknown, _req: Request, res: Response, next: NextFunction): void => {
    if (res.headersSent) next(error);
    // Express throws it for a path that does not decode.
    else if (error instanceof URIError) sendProblem(res, 400, "Bad Request");
    else {
      log.error({ err: error }, "a request failed");
      sendProblem(res, 500, "Internal Server Error");
    }
  };
}
