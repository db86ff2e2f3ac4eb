/** Errors of the doors without a shape of their own, as problem details (RFC 9457). */
import { TRPCError } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import type { NextFunction, Request, Response } from "express";
import { z } from "zod";
import type { Log } from "../log.ts";
import { refusalHeaders } from "./bearer.ts";
import { bodyProblem } from "./body.ts";
import { type Reason, Refusal } from "./trpc/refusal.ts";

/** A problem as it is sent. */
export const Problem = z.object({
  title: z.string(),
  status: z.int(),
  /** For people. */
  detail: z.string().optional(),
  /** For programs: a word to switch on. */
  reason: z.string().optional(),
  /** What is wrong with which field. */
  fields: z.record(z.string(), z.string()).optional(),
});

/** The texts that the clients of the two FastAPI systems know. */
const KNOWN_DETAILS: Partial<Record<Reason, string>> = {
  not_logged_in: "Not authenticated",
  invalid_token: "Could not validate credentials",
  inactive_user: "Inactive user",
  email_taken: "already used email address",
};

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** What is said of a refusal to people who know the two FastAPI systems. */
function detailOf({ reason, message }: Refusal): string {
  return KNOWN_DETAILS[reason] ?? message;
}

/** Answers with a problem. */
export function sendProblem(
  res: Response,
  status: number,
  more: Omit<z.infer<typeof Problem>, "title" | "status"> = {},
): void {
  const title = TITLES[status] ?? "Error";
  res
    .status(status)
    .type("application/problem+json")
    .send(JSON.stringify({ title, status, ...more }));
}

/** For what no route took. */
export function notFound(_req: Request, res: Response): void {
  sendProblem(res, 404);
}

/** For what a route threw: a refusal in its own words, and of anything else no more than that it happened. */
export function problemHandler(log: Log) {
  return (error: unknown, _req: Request, res: Response, next: NextFunction): void => {
    const known = error instanceof TRPCError && error.code !== "INTERNAL_SERVER_ERROR";
    const refused = bodyProblem(error);
    if (res.headersSent) next(error);
    else if (known) {
      const refusal = Refusal.of(error);
      const { reason, fields } = refusal;
      res.set(refusalHeaders([refusal]));
      sendProblem(res, getHTTPStatusCodeFromError(error), {
        detail: detailOf(refusal),
        reason,
        ...(fields && { fields }),
      });
    } else if (refused) sendProblem(res, refused.status, { detail: refused.problem });
    // Express throws it for a path that does not decode.
    else if (error instanceof URIError) sendProblem(res, 400);
    else {
      log.error({ err: error }, "a request failed");
      sendProblem(res, 500);
    }
  };
}
