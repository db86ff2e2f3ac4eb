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
  /** Of a POST that Node has not read. */
  hangUp?: HangUp | undefined;
};

/** What is told of each request: when it begins, and how it ends. */
export type Observer = (req: Received) => End;

/** Is told once that a request is over. @param status undefined if the caller did not wait for the response */
export type End = (status: number | undefined) => void;
