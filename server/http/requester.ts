/** Reads who sends a request. */
import type { Request } from "express";
import type { Requester } from "../requester.ts";
import { requestIdOf } from "./edge/request-log.ts";

/** @returns the sender of a request */
export function requesterOf(req: Request): Requester {
  const { ip = "", headers } = req;
  return {
    address: ip,
    requestId: requestIdOf(req),
    userAgent: headers["user-agent"],
    // Only what waits for something listens for the end of a connection.
    get gone() {
      return goneSignal(req);
    },
  };
}

function goneSignal({ res }: Request): AbortSignal {
  const controller = new AbortController();
  if (res?.closed) controller.abort();
  else res?.once("close", () => res.writableFinished || controller.abort());
  return controller.signal;
}
