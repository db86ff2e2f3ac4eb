/** Reads who sends a request. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Requester } from "../requester.ts";
import { senderOf } from "./edge/request-log.ts";

/** A request; Express adds its response. */
type WithResponse = IncomingMessage & { res?: ServerResponse | undefined };

/** @returns the sender of a request */
export function requesterOf(req: WithResponse): Requester {
  const { requestId, address = "" } = senderOf(req);
  return {
    address,
    requestId,
    userAgent: req.headers["user-agent"],
    // Only what waits for something listens for the end of a connection.
    get gone() {
      return goneSignal(req);
    },
  };
}

function goneSignal({ res }: WithResponse): AbortSignal {
  const controller = new AbortController();
  if (res?.closed) controller.abort();
  else res?.once("close", () => res.writableFinished || controller.abort());
  return controller.signal;
}
