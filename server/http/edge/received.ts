/** A request when its headers have arrived. */
import type { IncomingMessage } from "node:http";

/** What is known of a request when its headers have arrived, whoever has read them: Node, or {@link readPlain}. */
export type Received = Pick<
  IncomingMessage,
  "method" | "url" | "headers" | "rawHeaders" | "httpVersion" | "socket"
>;

/** What is told of each request: when it begins, and how it ends. */
export type Observer = (req: Received) => End;

/** Is told once that a request is over. @param status undefined if the caller did not wait for the response */
export type End = (status: number | undefined) => void;
