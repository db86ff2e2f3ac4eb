/** A request as it has arrived. */
import type { IncomingMessage } from "node:http";
import type { HangUp } from "./hang-up.ts";

/** What is known of a request, whoever has read it: Node, or {@link readPlain}. */
export type Received = Pick<
  IncomingMessage,
  "method" | "url" | "headers" | "rawHeaders" | "httpVersion" | "socket"
> & {
  /** Its body, if it has been received. */
  body?: unknown;
  /** Reports that the caller hung up. Only set for a POST that {@link readPlain} has read. */
  hangUp?: HangUp | undefined;
};

/** Called when a request begins. Returns the function to call when it ends. */
export type Observer = (req: Received) => End;

/** Called once, when a request ends. @param status undefined if the caller hung up before the response was sent */
export type End = (status: number | undefined) => void;
